"""What can be known of a job's commands and scripts without running them.

command --commands--> what it runs --inspection--> findings     (interpreter: what only another Python can tell)
"""
