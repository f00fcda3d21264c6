-- The catalogue: journeys, voices and badges to begin with.
--
-- A migration and no seed, so that production has them as well. Each row may be changed in the
-- dashboard afterwards, and stays as it was changed.
--
-- The journeys are written so that she can stop at any step, look wherever she likes, and leave
-- anything out; they promise nothing, and stand in for no treatment. The badges notice what somebody
-- did for herself. None of them counts what is done in a crisis, and none is taken away.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- journeys --------------------------------------------------------------------

insert into public.journeys (slug, name, description, steps, estimated_minutes, tags, is_published)
values
  (
    'a-difficult-evening', 'A difficult evening',
    'For an evening that will not settle. You arrive, look at what the day has left behind, and choose one small thing for the hour ahead.',
    $steps$[
      {"id": "arrive", "title": "Arriving", "kind": "check_in", "minutes": 2,
       "prompt": "You are here, and that is enough to begin with. How heavy is this evening, from 0 (light) to 10 (as heavy as you can imagine)? A number will do; words are welcome, too.",
       "guidance": "Thank her for the number, without judging it. If she speaks of harming herself, or of not being safe, leave the journey and follow the safety steps."},
      {"id": "feet-on-the-floor", "title": "Feet on the floor", "kind": "exercise", "minutes": 3,
       "prompt": "If you like, feel where your feet touch the floor, or your back the chair. Your eyes may stay open. There is nothing to change; just notice three places where something holds you.",
       "guidance": "Offer it, do not insist. Attention to the body is not pleasant for everybody: a thing in the room will do as well."},
      {"id": "name-the-weather", "title": "What weather is it?", "kind": "question", "minutes": 3,
       "prompt": "If this evening were a kind of weather, which would it be? And where do you notice it most: in your thoughts, in your body, in the room?",
       "guidance": "Take up her picture and stay with it. Explain nothing."},
      {"id": "what-the-day-left", "title": "What the day has left", "kind": "reflection", "minutes": 5,
       "prompt": "What has the day left with you? Say as much of it as you want to. You can also give it a title and leave the rest unsaid.",
       "guidance": "Do not ask for details of anything that hurts. One sentence back, of what you have understood."},
      {"id": "one-small-thing", "title": "One small thing", "kind": "question", "minutes": 4,
       "prompt": "What is one small thing that would make the next hour a little kinder? Small means: you could do it tired. A glass of water, a message to somebody, a lamp instead of the ceiling light.",
       "guidance": "If nothing comes, offer two and let her choose. If the thing is a person, ask how she would reach them."},
      {"id": "leave", "title": "Leaving it here", "kind": "closing", "minutes": 2,
       "prompt": "We can leave the rest of the evening as it is. How heavy is it now, from 0 to 10? Whatever the number says, you have looked at it, and you were not alone with it.",
       "guidance": "A higher number is no failure: say so. If it is 9 or 10, ask if she is safe, and offer people to reach."}
    ]$steps$,
    20, '{evening, grounding, feelings}', true
  ),
  (
    'meeting-a-part', 'Meeting a part',
    'One side of you has been loud lately, or very quiet. You meet it from a distance that suits you both, and ask what it takes care of. Nobody has to change.',
    $steps$[
      {"id": "choose", "title": "Who is there?", "kind": "question", "minutes": 4,
       "prompt": "Think of a moment this week in which one side of you took over: the one that hurries, that pleases, that criticises, that goes away. Which would you like to meet today? Choose one that feels approachable, not the most painful one.",
       "guidance": "If she chooses one that carries something very painful, suggest beginning with the side that protects it. That is best met with a therapist."},
      {"id": "find-a-distance", "title": "A good distance", "kind": "exercise", "minutes": 4,
       "prompt": "Imagine this part somewhere: across the table, in the next room, behind glass. How far away does it need to be, so that you can look at it with some curiosity? It may have a shape, a voice, an age, or none of these.",
       "guidance": "If she is flooded, let the part move further off, or stop here; that is a good end as well."},
      {"id": "how-do-you-feel-towards-it", "title": "How do you feel towards it?", "kind": "check_in", "minutes": 3,
       "prompt": "How do you feel towards this part, just now? Curious, annoyed, afraid, fond? Every answer is right; it only tells us who is looking.",
       "guidance": "Annoyance or fear is mostly another part. Thank that one, and ask if it would step aside a little. If it would not, respect that, and ask it instead what it worries about."},
      {"id": "what-is-your-work", "title": "What it takes care of", "kind": "question", "minutes": 6,
       "prompt": "If it is willing, ask it: what do you do for me? And: what do you fear would happen if you did not? Write down what comes, even if it is odd, and even if it is only an image.",
       "guidance": "Do not interpret. Repeat the part's own words."},
      {"id": "thank", "title": "A thank-you", "kind": "reflection", "minutes": 3,
       "prompt": "Is there anything that you can honestly thank it for? It need not be its methods; perhaps its loyalty. And is there one thing that it would like you to remember?",
       "guidance": "Honest is more important than friendly. No thanks is possible, too."},
      {"id": "return", "title": "Coming back", "kind": "closing", "minutes": 3,
       "prompt": "Let the part know that you can come back, and let it go where it wants to. Look around the room and name a colour that you see. How are you now?",
       "guidance": "End with the room, not with the part."}
    ]$steps$,
    25, '{parts, curiosity, self}', true
  ),
  (
    'before-sleep', 'Before sleep',
    'A quiet end of the day: thoughts are put on paper, the breath becomes slower if it wants to, and tomorrow is left for tomorrow.',
    $steps$[
      {"id": "dim", "title": "Dimming the day", "kind": "check_in", "minutes": 1,
       "prompt": "Make yourself as comfortable as it is possible just now. How awake are you, from 0 (nearly asleep) to 10 (wide awake)?",
       "guidance": "Short sentences from here on, and few of them."},
      {"id": "park-the-thoughts", "title": "Parking the thoughts", "kind": "exercise", "minutes": 4,
       "prompt": "Tell me whatever still wants to be remembered: tasks, worries, half sentences. It stays here until tomorrow, so you need not hold it.",
       "guidance": "Give the list back in a calm order. Solve nothing tonight."},
      {"id": "longer-out-than-in", "title": "Longer out than in", "kind": "breathing", "minutes": 4,
       "prompt": "If it is pleasant, breathe in while you count to four, and out while you count to six. A few times. If counting is a strain, just let the air go a little slower than it came. If attention to the breath is not pleasant, listen for the farthest sound instead.",
       "guidance": "No effort and no holding of the breath. Stopping is fine at any time."},
      {"id": "one-good-thing", "title": "One thing that was all right", "kind": "reflection", "minutes": 2,
       "prompt": "Was there one thing today that was all right? It may be very small: warm socks, a green light, somebody's laugh on the stairs. If there was none, that may be so, too.",
       "guidance": "Never argue with a day without one."},
      {"id": "good-night", "title": "Good night", "kind": "closing", "minutes": 1,
       "prompt": "That is all for today. Sleep may come when it likes; resting is good as well. Good night.",
       "guidance": "Ask nothing any more."}
    ]$steps$,
    12, '{sleep, evening, breathing}', true
  ),
  (
    'five-things-you-see', 'Five things you see',
    'Five, four, three, two, one: a short way back into the room when thoughts or memories have carried you off.',
    $steps$[
      {"id": "five-you-see", "title": "Five that you see", "kind": "exercise", "minutes": 1,
       "prompt": "Let us look around together. Name five things that you can see from where you are. Plain ones are best: a cup, a corner, a shadow.",
       "guidance": "A quick, warm pace. Repeat each thing, so that she is heard. If she cannot begin, ask for one colour."},
      {"id": "four-you-feel", "title": "Four that you can touch", "kind": "exercise", "minutes": 1,
       "prompt": "Now four things that you can touch, or that touch you: cloth, wood, the floor, the air from the window. What are they like?",
       "guidance": "If touch is difficult for her, take four shapes or four colours."},
      {"id": "three-you-hear", "title": "Three that you hear", "kind": "exercise", "minutes": 1,
       "prompt": "Three sounds, near or far. A quiet one counts double."},
      {"id": "two-and-one", "title": "Two smells, one taste", "kind": "exercise", "minutes": 1,
       "prompt": "Two things that you can smell, or two smells that you like to think of. And one taste: what is in your mouth, or a sip of something.",
       "guidance": "Leave out what does not fit. The order is no test."},
      {"id": "here", "title": "Here", "kind": "closing", "minutes": 1,
       "prompt": "Where are you, and what day is it today? You are here, and it is now. Is it a little easier, the same, or harder? Each is good to know.",
       "guidance": "If it is harder, or she does not feel safe, leave the journey and follow the safety steps."}
    ]$steps$,
    5, '{grounding, short, anxiety}', true
  ),
  (
    'a-letter-not-to-be-sent', 'A letter not to be sent',
    'There is something that you would like to say to somebody, and it is not the time, or not possible. You write it all the same, for yourself.',
    $steps$[
      {"id": "to-whom", "title": "To whom", "kind": "question", "minutes": 3,
       "prompt": "To whom would you like to write? It can be somebody near or far, somebody who has died, a younger you, even a thing or a place. Nobody will read it unless you want them to.",
       "guidance": "If she names somebody who has hurt her badly, ask first whether today is a good day for it, and who could be with her afterwards. Another addressee is possible."},
      {"id": "how-much", "title": "How close to go", "kind": "check_in", "minutes": 2,
       "prompt": "Before you begin: how close to it do you want to go today? You may stay on the surface. What will tell you that it is time to stop?",
       "guidance": "Keep her sign in mind and remind her of it when you see it."},
      {"id": "what-i-never-said", "title": "What I never said", "kind": "reflection", "minutes": 10,
       "prompt": "Write what you never said. It need not be fair, wise or well put. If you do not know how to begin: \"I have never told you that ...\"",
       "guidance": "Do not improve her text and do not answer for the addressee."},
      {"id": "what-i-needed", "title": "What I needed", "kind": "question", "minutes": 5,
       "prompt": "What would you have needed, then or now? One sentence can be enough.",
       "guidance": "Stay with needs, and leave the blame where it is."},
      {"id": "what-stays", "title": "What stays with me", "kind": "reflection", "minutes": 4,
       "prompt": "And what would you like to keep, of this person or of this time? Perhaps nothing. Perhaps a song.",
       "guidance": "Both are fine."},
      {"id": "seal", "title": "Closing the envelope", "kind": "closing", "minutes": 2,
       "prompt": "The letter is written. It can stay here, or you may delete it; both are an end. What would do you good, in the next half hour, after such a letter?",
       "guidance": "Do not suggest sending it. If she wishes to, let a night pass in between."}
    ]$steps$,
    30, '{writing, relationships, grief}', true
  ),
  (
    'values-compass', 'Values compass',
    'What matters to you, when nobody is watching? You find a few words for it, see how near to them you live at present, and take one step in their direction.',
    $steps$[
      {"id": "what-a-value-is", "title": "A direction, not a goal", "kind": "psychoeducation", "minutes": 2,
       "prompt": "A goal can be reached and ticked off. A value is more like west: you can walk towards it all your life, from anywhere. Kindness, learning, being reliable, beauty. We look for yours, not for those one ought to have.",
       "guidance": "Keep it short. Answer questions, do not lecture."},
      {"id": "a-day-that-was-right", "title": "A day that was right", "kind": "reflection", "minutes": 5,
       "prompt": "Remember a day, or just an hour, that felt right, without having to be happy. What were you doing, and how were you with others, or with yourself?",
       "guidance": "Listen for how she was, rather than for what she achieved. If no such day comes to mind, take one of somebody whom she admires."},
      {"id": "three-words", "title": "Three words", "kind": "question", "minutes": 4,
       "prompt": "Which three words does that day suggest? They may be unusual ones. Borrow from these if you like: care, courage, honesty, play, justice, quiet, craft, faith, belonging, freedom.",
       "guidance": "Her own words are better than those of the list."},
      {"id": "how-near", "title": "How near am I?", "kind": "check_in", "minutes": 4,
       "prompt": "For each of the three: how much does it matter to you, from 0 to 10, and how near to it have you been living in the last weeks, from 0 to 10? A gap is not a reproach; it shows a direction.",
       "guidance": "If the gaps make her sad, stay there a moment before going on."},
      {"id": "what-is-in-the-way", "title": "What is in the way", "kind": "question", "minutes": 4,
       "prompt": "Choose the one that you miss most. What stands in the way: time, tiredness, fear, other people's wishes? Is some of it not yours to change?",
       "guidance": "Circumstances are real. Do not turn a lack of money, health or safety into a lack of attitude."},
      {"id": "one-step-west", "title": "One step west", "kind": "exercise", "minutes": 4,
       "prompt": "What would be a step in that direction, so small that it fits into this week as it is? When, and where, could it be?",
       "guidance": "Offer to keep it as a commitment, if she wants that."},
      {"id": "compass", "title": "Your compass", "kind": "closing", "minutes": 2,
       "prompt": "These are your three words and your step. Would you like to change one of them before we close? They may be others next year.",
       "guidance": "Read them back, in her words."}
    ]$steps$,
    25, '{values, direction, commitment}', true
  ),
  (
    'looking-back-on-a-week', 'Looking back on a week',
    'Ten minutes at the end of a week: what was hard, what helped, who was there, and what you would like to take along.',
    $steps$[
      {"id": "the-week-in-a-word", "title": "The week in a word", "kind": "check_in", "minutes": 1,
       "prompt": "If this week had a title, what would it be?",
       "guidance": "Take it as it is."},
      {"id": "what-was-hard", "title": "What was hard", "kind": "question", "minutes": 3,
       "prompt": "What was hard? One thing is enough, and you choose how much of it you tell.",
       "guidance": "Acknowledge before anything else."},
      {"id": "what-helped", "title": "What helped", "kind": "reflection", "minutes": 3,
       "prompt": "What helped, if only a little? Something you did, something you left undone, somebody who was there.",
       "guidance": "What she left undone counts. Offer to remember it for the next hard day."},
      {"id": "take-along", "title": "To take along", "kind": "closing", "minutes": 3,
       "prompt": "What would you like to take along into next week, and what may stay behind?",
       "guidance": "Close with her own words."}
    ]$steps$,
    10, '{week, review, short}', true
  )
on conflict (slug) do nothing;

-- voices ----------------------------------------------------------------------
-- The ids are ours: set each to that of an assistant at the provider before calls are placed with it.

insert into public.voices (assistant_id, name, description, language, is_published)
values
  ('cairn-voice-juniper', 'Juniper', 'Low and unhurried. Leaves pauses, and does not fill them.', 'en', true),
  ('cairn-voice-marlow', 'Marlow', 'Warm and a little husky, like somebody who has been reading aloud.', 'en-GB', true),
  ('cairn-voice-sol', 'Sol', 'Bright and clear; good company for a walk or a morning.', 'en-US', true),
  ('cairn-voice-lumen', 'Lumen', 'Very soft, for late hours. Speaks slowly, in short sentences.', 'en', true)
on conflict (assistant_id) do nothing;

-- badges ----------------------------------------------------------------------

insert into public.badges (slug, name, description, metric, at_least, xp_award, is_published)
values
  ('first-word', 'First word', 'You said something. Beginnings are allowed to be small.', 'messages_sent', 1, 5, true),
  ('long-conversation', 'A long conversation', 'A hundred things said, at your own pace.', 'messages_sent', 100, 20, true),
  ('first-page', 'First page', 'Your first page in the journal.', 'journal_entries_written', 1, 10, true),
  ('twenty-pages', 'Twenty pages', 'Twenty pages in the journal. That is a small book.', 'journal_entries_written', 20, 40, true),
  ('ten-check-ins', 'Ten times asked', 'You asked yourself ten times how you are, and answered.', 'check_ins_done', 10, 20, true),
  ('seven-days-here', 'Seven days here', 'Seven days on which you took a moment for yourself. They need not be in a row.', 'days_active', 7, 15, true),
  ('fifty-days-here', 'Fifty days here', 'Fifty days on which you took a moment for yourself. Gaps are part of it.', 'days_active', 50, 60, true),
  ('three-in-a-row', 'Three in a row', 'Three days, one after the other.', 'days_in_a_row', 3, 10, true),
  ('first-journey', 'First journey', 'You walked a journey to its end.', 'journeys_completed', 1, 20, true),
  ('seven-journeys', 'Seven journeys', 'Seven journeys walked. You know some of the paths by now.', 'journeys_completed', 7, 50, true),
  ('a-part-met', 'A part met', 'You met one side of yourself with some curiosity.', 'parts_met', 1, 20, true),
  ('a-goal-reached', 'A goal reached', 'Something that you wanted is there. Take a moment to look at it.', 'goals_reached', 1, 30, true),
  ('five-promises-kept', 'Five promises kept', 'Five promises to yourself, kept.', 'commitments_kept', 5, 30, true)
on conflict (slug) do nothing;
