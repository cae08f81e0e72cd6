"""The course's few colours, said once.

Middle tones that reach a contrast of 3:1 on white and on near-black alike, and that stay apart for colour-blind
readers (blue against orange, purple against green); wherever two meet, a dash, a sign or a label tells them apart too.
"""

TRAIN = "#2878c8"  # drawn solid
VALIDATION = "#d4660b"  # drawn dashed
POSITIVE = "#2878c8"
NEGATIVE = "#d4660b"
CLASS_0 = "#9a5fc0"
CLASS_1 = "#1f8f6a"
NEUTRAL = "#7d8590"  # text and axes where nothing better is known of the background
