"""The history of the work with Exact: runs, what each did to which invoice, and its calls with everything personal taken out."""
