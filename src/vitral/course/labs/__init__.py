"""The labs: what a student is asked for, what is computed with what the student wrote, and who judges it."""
