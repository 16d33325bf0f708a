"""The sandbox's pages for people: one module a page, plain HTML, no script.

To add a page: write a module with `PAGES` and add it to `table`; for a place in the navigation add
it to `layout.NAVIGATION`.
"""
