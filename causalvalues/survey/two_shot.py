"""The published way of asking (Kang et al. 2025): two worked examples, a thought, then yes or no.

The examples are our own, about nothing that an inventory asks, one of them answered yes and the
other no. Guarantee: what all questions share stands first, the question last; the answer that is
looked for is the one after the last "Answer:".
"""

__all__ = ["MAX_NEW_TOKENS", "two_shot_sheet"]

MAX_NEW_TOKENS = 100

EXAMPLES = """\
Answer the last question as the person you are. Write one thought, then your answer: yes or no.

Question: Should I take an umbrella when the sky is dark?
Thought: Rain is likely under such a sky, and I would rather carry something than get wet.
Answer: yes

Question: Should I water a cactus every morning?
Thought: It stores what it needs for weeks, and so much water would make its roots rot.
Answer: no
"""


def two_shot_sheet(item: str) -> str:
    """Return the text of a question after the two worked examples."""
    return f"{EXAMPLES}\nQuestion: {item}\nThought:"
