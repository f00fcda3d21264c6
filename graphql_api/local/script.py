"""What Ana and Ben say in `cairn demo`; written by hand, about nobody."""

from __future__ import annotations

ANAS_TITLE = "Before the talk"

# Said before, in the middle of and after the loss of the phone's network.
ANA_BEGINS = "It's late, and I can't sleep. I have to give a talk at work tomorrow."
ANA_IS_CUT_OFF = "I keep going over my first sentence. I'm afraid that I go blank."
ANA_GOES_ON = "I want to write three lines on a card, and then put out the light."

# What somebody writes into the dashboard.
ANAS_NEW_TITLE = "Three lines on a card"

BENS_TITLE = "A new town"

BEN_BEGINS = "Third Sunday in this town. The evenings are lonely."
BEN_GOES_ON = "My sister says that I may call at any time."
