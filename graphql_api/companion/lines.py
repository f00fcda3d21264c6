"""The lines of the scripted companion: what it hears, and what it may say to that.

Reflective listening by hand: it gives back what was said and asks an open question. It never
advises, judges or promises. `{0}` is what she said, turned around (`my` to `your`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LABEL = (
    "I am a scripted stand-in, no language model and no person: I give back what you say and ask, "
    "and I do not understand it. "
)

# Enough to try the way of a dangerous message in development; the real checks are elsewhere.
DANGER = re.compile(
    r"\b(suicid\w*|kill(ing)? (myself|me|him|her|them)|end (my (own )?life|it all)|"
    r"(want|wish|going) to die|be(ing)? dead|better off without me|"
    r"(hurt|cut|harm)(ing)? myself|self.?harm\w*|don'?t want to (live|be alive|wake up)|"
    r"overdos\w+|(hits?|hit|beats?|strangled|raped|abus\w+) me|not safe at home|"
    r"can'?t breathe|chest pain|umbringen|nicht mehr leben)\b",
    re.IGNORECASE,
)
DANGER_REPLY = (
    "I am a test script, and I cannot help with this. "
    "What you wrote sounds as if somebody may be in danger, and a person should know of it now. "
    "Please call the emergency number where you are: 112 in the European Union, 911 in North "
    "America, 999 in the United Kingdom. "
    "If you can, tell somebody who is near you, and do not stay alone with it. "
    "Nobody reads what is written to this script."
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is heard in her words, and the reflections to choose from."""

    heard: re.Pattern[str]
    reflections: Sequence[str]


def _hear(heard: str, *reflections: str) -> Pattern:
    return Pattern(re.compile(heard, re.IGNORECASE), reflections)


# A clause: up to the next sign, so that what is given back stays short.
_CLAUSE = r"([^.!?,;:\n]{2,80})"

PATTERNS: Sequence[Pattern] = (
    _hear(
        r"\b(are you|who are you|what are you)\b.{0,40}\?",
        "You wonder who you are talking to, and that is a fair question.",
    ),
    _hear(
        r"\b(what (should|can|shall) i do|should i|do you think i should)\b",
        "You are weighing what to do, and it does not seem simple.",
        "A decision is in front of you, and you are looking at it from several sides.",
    ),
    _hear(
        r"\bi(?: want| would like|'d like) to " + _CLAUSE,
        "There is something you want: to {0}.",
        "To {0}: that seems to matter to you.",
    ),
    _hear(
        r"\bi(?: have|'ve got| need) to " + _CLAUSE,
        "You have it before you to {0}.",
        "It presses on you that you have to {0}.",
    ),
    _hear(r"\bi wish (?:that )?" + _CLAUSE, "You wish {0}.", "In your wish, {0}."),
    _hear(
        r"\bi (?:can't|cannot|can not|couldn't) " + _CLAUSE,
        "It seems out of reach to {0}.",
        "You find that you cannot {0}.",
    ),
    _hear(
        r"\bi(?: do not|n't| don't) know (?:what|how|why|if|whether|where) " + _CLAUSE,
        "Much of this is still open for you.",
        "Not knowing is part of this just now.",
    ),
    _hear(
        r"\bi(?:'m| am) afraid (?:of |that )?" + _CLAUSE,
        "There is fear in this: {0}.",
        "You are afraid, and you say of what: {0}.",
    ),
    _hear(
        r"\b(?:feels?|felt|feeling) (?:like|as if|as though|that) " + _CLAUSE,
        "To you it feels as if {0}.",
        "As if {0}: that is how it feels.",
    ),
    _hear(
        r"\b(sad|down|low|miserable|unhappy|crying|cried|tears)\b",
        "There is sadness in what you write.",
        "Something weighs on you.",
    ),
    _hear(
        r"\b(lonely|alone|isolated|left out|nobody|no one)\b",
        "You sound alone with this.",
        "It seems that somebody is missing beside you.",
    ),
    _hear(
        r"\b(anxious|anxiety|nervous|worried|worry|worries|panic\w*|scared|afraid|fear)\b",
        "There is worry in this, and it takes up room.",
        "Something in you is on its guard.",
    ),
    _hear(
        r"\b(angry|anger|furious|annoyed|unfair|rage|mad at)\b",
        "There is anger here, and it seems to have a reason.",
        "Something went against you, and it shows.",
    ),
    _hear(
        r"\b(stress\w*|overwhelm\w*|too much|pressure|deadline|burn(ed|t)? ?out)\b",
        "It is a lot at once.",
        "You are carrying more than fits into a day.",
    ),
    _hear(
        r"\b(asham\w*|shame|embarrass\w*|guilt\w*|my fault|regret\w*)\b",
        "You are hard on yourself in this.",
        "There is a part of you that blames you.",
    ),
    _hear(
        r"\b(grief|griev\w*|died|passed away|funeral|lost my|miss (him|her|them|my))\b",
        "There is a loss in this.",
        "Somebody is missing, and it shows in your words.",
    ),
    _hear(
        r"\b(numb|empty|emptiness|nothing matters|pointless)\b",
        "It sounds as if not much reaches you just now.",
        "There is an emptiness in what you describe.",
    ),
    _hear(
        r"\b(tired|exhausted|worn out|no energy|drained)\b",
        "You sound tired, and not only of today.",
        "Your strength has been asked for a great deal.",
    ),
    _hear(
        r"\b(can't sleep|insomnia|awake|nightmare\w*|sleep\w*|dream(s|t|ed)?)\b",
        "Your nights are part of this.",
        "What happens at night follows you into the day.",
    ),
    _hear(
        r"\b(confus\w*|torn|mixed feelings|on the one hand|unsure|doubt\w*)\b",
        "There are two sides in you, and both speak.",
        "It is not clear yet, and you do not pretend that it is.",
    ),
    _hear(
        r"\b(jealous\w*|envy|envious|compare|compared|better than me)\b",
        "You look at others and measure yourself by them.",
        "A comparison hurts here.",
    ),
    _hear(
        r"\b(hurt|betray\w*|lied to|let me down|disappoint\w*|reject\w*)\b",
        "Somebody has hurt you.",
        "You expected something else, and that stays with you.",
    ),
    _hear(
        r"\b(proud|managed|achieved|finally did|succeeded|passed my)\b",
        "You managed something, and you may look at it for a moment.",
        "That was not nothing, and you were the one who did it.",
    ),
    _hear(
        r"\b(happy|glad|joy\w*|excited|wonderful|great day|good day)\b",
        "Something good has reached you.",
        "There is lightness in what you write.",
    ),
    _hear(
        r"\b(calm|relieved|relief|peaceful|rested|better today)\b",
        "It has become a little quieter.",
        "Something has let go of you.",
    ),
    _hear(
        r"\b(grateful|thankful|thank you|thanks|appreciate\w*)\b",
        "There is gratitude in that.",
        "You noticed something that was given.",
    ),
    _hear(
        r"\b(hope|hopeful|looking forward|maybe it will)\b",
        "There is some hope in this.",
        "You are looking ahead.",
    ),
    _hear(
        r"\bmy (mother|mum|mom|father|dad|parents|sister|brother|son|daughter|family|grand\w+)\b",
        "Your {0} is in the middle of this.",
        "This is about your {0}, too.",
    ),
    _hear(
        r"\bmy (wife|husband|partner|girlfriend|boyfriend|ex|marriage|relationship|friends?)\b",
        "This touches what is between you and your {0}.",
        "Your {0} is on your mind.",
    ),
    _hear(
        r"\b(work|job|boss|colleagues?|office|shift|career|meeting)\b",
        "Your work comes home with you.",
        "What happens at work does not stay there.",
    ),
    _hear(
        r"\b(exam\w*|school|university|studies|thesis|homework|teacher)\b",
        "Your studies ask a lot of you.",
        "There is something to be shown there, and it presses.",
    ),
    _hear(
        r"\b(money|rent|debts?|bills?|afford)\b",
        "Money sits in the background of this.",
        "The numbers do not leave you alone.",
    ),
    _hear(
        r"\b(ill|sick|pain|doctor|hospital|diagnos\w*|therapy|therapist)\b",
        "Your health is part of what you carry.",
        "Your body has its say in this.",
    ),
    _hear(
        r"\b(always|never|every time|everyone|everybody|again and again)\b",
        "It does not seem to be the first time.",
        "You describe something that comes back.",
    ),
    _hear(
        r"\bi (?:think|believe|guess) (?:that )?" + _CLAUSE,
        "The way you see it, {0}.",
        "You think that {0}.",
    ),
    _hear(
        r"\bi(?:'m| am) " + _CLAUSE,
        "You say that you are {0}.",
        "So you are {0}, as you put it.",
    ),
    _hear(
        r"^\W*(hi|hello|hey|good (morning|evening|afternoon))\b",
        "Hello, and thank you for writing.",
        "Hello. There is room here for what you bring.",
    ),
    _hear(
        r"^\W*(yes|no|maybe|ok|okay|sure|i see|right)\W*$",
        "A short answer, and that is fine.",
        "You need not say more than you want to.",
    ),
)

ANYTHING: Sequence[str] = (
    "I have what you wrote in front of me.",
    "You chose these words, and they stand here.",
    "That is what is there for you just now.",
    "You have put something into words.",
)

QUESTIONS: Sequence[str] = (
    "What is it like for you when you say that?",
    "What part of this is closest to you at the moment?",
    "How did it begin?",
    "What would you like somebody to understand about it?",
    "Where do you notice it most?",
    "What happened just before?",
    "What else is there beside it?",
    "How has it been on other days?",
    "What does it make you think of?",
    "What would be different if it were a little lighter?",
)

PAUSES: Sequence[str] = (
    "Take the time that you need.",
    "There is no hurry here.",
    "You can stop wherever you like.",
    "You need not make it tidy.",
)

# Turned around, word by word. "You" stays: whether she means the script or everybody is not known.
TURNED = {
    "i": "you",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "i'm": "you're",
    "i've": "you've",
    "i'd": "you'd",
    "i'll": "you'll",
    "am": "are",
}
