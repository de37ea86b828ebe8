"""Language models as respondents: loading, prompting, weighing options, editing, writing.

Guarantee: nothing heavy is imported until a module of this room is.
"""
