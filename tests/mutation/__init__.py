"""Whether the tests would notice a mistake: `make mutation` changes the code one operator at a time and runs them."""
