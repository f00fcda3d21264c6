"""The conversations that `cairn demo` plays; written by hand, about nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a person says, and what the companion answers."""

    person: str
    companion: str


ANAS_TITLE = "The night before the talk"

ANAS = (
    Exchange(
        "Hi. It's late and I can't sleep. I have to give a talk at work tomorrow.",
        "Hello, Ana. It's good that you wrote. What is keeping you up most: the talk itself, or "
        "the lying awake?",
    ),
    Exchange(
        "Both. I keep going over my first sentence and it gets worse each time.",
        "That sounds tiring. Going over it in the dark tends to turn a sentence into a wall. "
        "Would you like to say it here once, just as it is?",
    ),
    Exchange(
        "“Good morning, I'm Ana, and I'd like to show you what we learned from forty interviews.”",
        "I'd want to hear the next one. It tells me who you are, what comes, and that you have "
        "done the work.",
    ),
    Exchange(
        "When you put it like that it's not so bad.",
        "Then let's notice that for a moment: not so bad. Where in your body do you feel the "
        "worry just now?",
    ),
    Exchange(
        "My chest, mostly. And my shoulders are up by my ears.",
        "Thank you for looking. If you like, let the shoulders drop on the next breath out, and "
        "make that breath a little longer than the one in. No need to get it right.",
    ),
    Exchange(
        "OK. I did four of those. The shoulders came down. The chest is still tight.",
        "Four is plenty. It doesn't have to be gone. What is the tight place afraid will happen?",
    ),
    Exchange(
        "That I'll go blank and everybody will see I'm not really good enough for this job.",
        "So it is trying to keep you from being seen like that. It has a kind aim and a rough "
        "way of going about it. Has the going blank happened before?",
    ),
    Exchange(
        "Once, two years ago. I stopped for maybe ten seconds. It felt like an hour.",
        "And what happened after the ten seconds?",
    ),
    Exchange(
        "I looked at my notes and went on. Someone said later they'd thought it was a pause on "
        "purpose.",
        "That's worth keeping. You know already what you do when it happens: you look at your "
        "notes and go on.",
    ),
    Exchange(
        "I could put the first three sentences on a card.",
        "A card sounds good. It's a small thing that says: even then, I have something to hold.",
    ),
    Exchange(
        "And maybe ask Jo to sit in front. Jo always nods.",
        "A friendly face in the first row. Would a message to Jo tonight be easy, or does it "
        "belong to the morning?",
    ),
    Exchange(
        "Morning. If I pick up the other app now I'll be up for another hour.",
        "You know yourself well there. Then the only thing left for tonight is the card, and "
        "perhaps not even that.",
    ),
    Exchange(
        "I'll write it now, it's three lines. Then lights out.",
        "Three lines, then lights out. And if sleep takes its time: resting with closed eyes "
        "does some of the same work.",
    ),
    Exchange(
        "Written. I feel silly that this helped.",
        "I don't find it silly. You were alone with it in the dark, and now it's on a card.",
    ),
    Exchange(
        "Good night then. Thank you.",
        "Good night, Ana. I'd like to hear how it went, if you feel like telling me. If not, "
        "that's fine, too.",
    ),
)

BENS_TITLE = "A new town"

BENS = (
    Exchange(
        "Third Sunday here and I haven't spoken to anyone since Friday.",
        "Hello, Ben. That's a long stretch of quiet. What has it been like?",
    ),
    Exchange(
        "Mostly fine until the evening. Then it's loud in here, if that makes sense.",
        "It does. The day has things in it that keep one company. What would a Sunday evening "
        "have had in it before you moved?",
    ),
    Exchange(
        "My sister's kitchen. She cooks, I wash up, we say nothing for an hour. It was great.",
        "That's a lovely picture: company that asks nothing of you. You're missing something "
        "real, and not doing the move wrong.",
    ),
    Exchange(
        "She said I could call any time. I don't want to be the brother who only complains.",
        "What if the call were like the kitchen? She cooks, you wash up, the phone leans "
        "against something, and nobody has to say much.",
    ),
    Exchange(
        "Ha. She'd actually like that. She hates cooking alone.",
        "Then you'd be bringing her something. Is seven a good hour for both of you?",
    ),
    Exchange(
        "I asked. She wrote “finally”. Seven it is.",
        "“Finally” is a warm word. Have a good evening, Ben, with the dishes and all.",
    ),
)
