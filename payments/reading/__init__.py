"""Reads payment terms from Exact, in stages whose place is stored with each page: the cursor's row is the job.

    begin ──► load ──► feeds ──► settle           a first reading, or everything again
                       feeds ──► settle           a run: deletions and changes, two calls
                                 lines            a run of one call after it, where terms leave two answers
    compare ──► ask ──► feeds ──► settle          once a week: what is open there against what is open here

`run` holds what a step needs, `starting`, `listing` and `feeds` read, `ending` settles, `schedule` says when to come again.
"""
