"""The pages of the history of the work with Exact: runs, what each did to which invoice, and its calls."""
