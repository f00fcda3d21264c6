-- The lives of Ana and Ben, invented like themselves: two rows or so in each table, some of them
-- inferred from what they said and waiting for their word.

insert into public.user_people (
  id, user_id, name, relation, relation_in_her_words, closeness, influence, contact_frequency, known_since,
  has_died, may_be_mentioned, notes
)
values
  ('aa102000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Mira', 'sibling', 'my little sister', 6, 'mixed', 'rarely', '1989-01-01', false, true,
   'Two years without a word. She grows basil on every windowsill she has ever had.'),
  ('aa102000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'Jonas', 'friend', null, 8, 'nourishing', 'weekly', '2011-09-01', false, true,
   'From the art school. Walks fast, listens slowly.'),
  ('aa102000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001',
   'Grandmother Ilse', 'grandparent', null, 9, 'nourishing', null, null, true, true, 'Taught her to draw hands.'),
  ('ba102000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Tunde', 'parent', 'Dad', 6, 'mixed', 'weekly', null, false, true, 'Phones on Sundays and asks for marks first.'),
  ('ba102000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'Priya', 'colleague', null, 7, 'nourishing', 'several_times_a_week', current_date - 330, false, true,
   'Same ward, same year. Brings oranges to the night shift.')
on conflict do nothing;

insert into public.user_support_system (
  id, user_id, person_id, name, kind, main_support, availability, reliability, is_for_crisis,
  what_makes_it_hard_to_ask, notes
)
values
  ('aa121000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa102000-0000-4000-8000-000000000002', 'Jonas', 'person', 'emotional', 'most_days', 8, true,
   'He has a new baby.', 'He said: ring, whatever the hour.'),
  ('aa121000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   null, 'The Thursday drawing evening', 'group', 'companionship', 'some_days', 7, false, null, null),
  ('ba121000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba102000-0000-4000-8000-000000000002', 'Priya', 'person', 'practical', 'most_days', 8, false, null,
   'Swaps shifts without making it a favour.'),
  ('ba121000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   null, 'Counselling service of the school', 'service', 'informational', 'by_appointment', 5, false,
   'The corridor in front of it is glass.', null)
on conflict do nothing;

insert into public.user_previous_therapy (
  id, user_id, name, approach, setting, started_on, ended_on, sessions_about, reason, ending, helpfulness,
  what_helped, what_did_not_help, would_return
)
values
  ('aa125000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'The time after the divorce', 'client-centred', 'individual', '2019-02-01', '2019-12-01', 30,
   'Could not stop crying on trams.', 'completed', 7, 'That somebody remembered from week to week.',
   'Homework with smiley faces.', true),
  ('ba125000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Six meetings in the first term', 'cognitive behavioural', 'online', current_date - 390, current_date - 320, 6,
   'Exams.', 'completed', 5, 'Writing the thought down and looking at it.',
   'Being told that everybody feels like that.', null)
on conflict do nothing;

insert into public.user_relationship_status (
  id, user_id, partner_id, status, since, satisfaction, feels_safe, lives_together, children_count, notes
)
values
  ('aa129000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   null, 'divorced', '2019-01-01', 6, true, false, 0, 'Peaceful. Some Sundays are long.'),
  ('ba129000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   null, 'dating', current_date - 90, 7, true, false, 0, 'Early days; he would rather not jinx it.')
on conflict do nothing;

insert into public.user_living_situation (
  id, user_id, housing, household, household_size, security, feels_safe, satisfaction, has_animals, since, notes
)
values
  ('aa130000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'rented', 'alone', 1, 'secure', true, 8, true, '2020-05-01', 'Two rooms, north light, a cat called Umber.'),
  ('ba130000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'shared_flat', 'flatmates', 4, 'uncertain', true, 6, false, current_date - 450,
   'The lease ends in summer. Thin walls: he practises with a mute.')
on conflict do nothing;

insert into public.user_spiritual_path (
  id, user_id, stance, tradition, importance, carries_her, practices, practice_frequency, struggles,
  is_welcome_topic, notes
)
values
  ('aa131000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'seeking', 'Catholic childhood, since then mostly trees', 5, 6,
   '{"lighting a candle for Ilse", "walking by the canal"}', 'weekly', null, true, null),
  ('ba131000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'religious', 'Methodist; sings in the choir when shifts allow', 7, 8, '{"grace before meals", "choir"}', 'weekly',
   'What the sermon said about illness and what he sees on the ward do not rhyme.', true, null)
on conflict do nothing;

insert into public.user_mood_trends (
  id, user_id, measured_at, mood, energy, anxiety, note, origin, is_confirmed, confidence, source_message_id
)
values
  ('aa119000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   date_trunc('week', now()) - interval '6 days' + interval '9 hours', -1, 3, 5, 'Awake since four.', 'user', true,
   null, null),
  ('aa119000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   date_trunc('week', now()) - interval '3 days' + interval '20 hours', 2, 6, 3, 'The evening class laughed.',
   'user', true, null, null),
  ('aa119000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001',
   now() - interval '1 day', -2, 2, 6, null, 'companion', false, 0.6, 'a4000000-0000-4000-8000-000000000001'),
  ('ba119000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   date_trunc('week', now()) - interval '5 days' + interval '8 hours', 3, 4, 2, 'After the first night shift.',
   'user', true, null, null),
  ('ba119000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   now() - interval '2 days', -2, 4, 8, 'Three days left.', 'user', true, null, null)
on conflict do nothing;

-- As private.compute_emotional_trend makes them.
insert into public.user_emotional_states (
  id, user_id, felt_at, emotion, family, intensity, prompted_by, thought, body_signs, urge, response,
  lasted_minutes
)
values
  ('aa120000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   date_trunc('week', now()) - interval '6 days' + interval '4 hours', 'dread', 'fear', 6, 'Woke at four.',
   'I have done nothing that counts.', '{"tight chest", "cold feet"}', 'To get up and answer every letter.',
   'Lay still and counted the list.', 90),
  ('aa120000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   date_trunc('week', now()) - interval '3 days' + interval '19 hours', 'warm', 'joy', 7,
   'A pupil drew her own hand and gasped.', 'This is what it is for.', '{"soft shoulders"}', null, 'Told her so.',
   40),
  ('ba120000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   now() - interval '2 days', 'slippery', 'fear', 7, 'The same page for the third time.', 'It does not stay in.',
   '{"jaw", "restless legs"}', 'To clean the kitchen.', 'Cleaned the kitchen.', 60)
on conflict do nothing;

insert into public.user_emotional_trends (
  id, user_id, period, starts_on, measurements, mood_average, mood_low, mood_high, mood_change, direction,
  energy_average, anxiety_average, feelings, leading_family
)
values
  ('aa133000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'week', date_trunc('week', now())::date - 7, 2, 0.5, -1, 2, null, null, 4.5, 4, 2, 'joy'),
  ('ba133000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'week', date_trunc('week', now())::date - 7, 1, 3, 3, 3, null, null, 4, 2, 0, null)
on conflict do nothing;

insert into public.user_sleep_routine (
  id, user_id, usual_bedtime, usual_wake_time, latency_minutes, asleep_minutes, awakenings, quality,
  daytime_sleepiness, nightmares, works_shifts, what_disturbs, what_helps
)
values
  ('aa128000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   '22:45', '06:30', 20, 330, 1, 4, 6, 'rarely', false, 'The list, at four.', 'Writing the list down. The cat.'),
  ('ba128000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   '23:30', '06:00', 35, 360, 2, 5, 7, null, true, 'Turning round between nights and days.',
   'Ear plugs; twenty minutes of slow scales.')
on conflict do nothing;

insert into public.user_daily_habits (
  id, user_id, name, effect, status, frequency, day_part, usual_time, takes_minutes, is_wanted, automaticity,
  cue, reward, started_on
)
values
  ('aa123000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Walk along the canal', 'nourishing', 'steady', 'daily', 'morning', '06:45', 30, true, 8,
   'The kettle has boiled.', 'The heron, on good days.', '2021-03-01'),
  ('aa123000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'Reading messages in bed', 'draining', 'steady', 'daily', 'night', null, 40, false, 7, 'Waking.',
   'Not being alone with the list.', null),
  ('ba123000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Scales before breakfast', 'nourishing', 'slipping', 'several_times_a_week', 'morning', '06:20', 20, true, 6,
   'The case stands open.', 'A quiet head.', null),
  ('ba123000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'Energy drinks on night shifts', 'draining', 'forming', 'weekly', 'night', null, null, null, 4, 'Three o''clock.',
   'Two hours.', null)
on conflict do nothing;

insert into public.user_current_practices (
  id, user_id, name, kind, status, frequency, takes_minutes, helpfulness, intention, obstacles, started_on,
  last_practised_on
)
values
  ('aa109000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Three lines before sleep', 'journaling', 'active', 'daily', 5, 7, 'So that the list need not wake her.',
   'Forgets it on Fridays.', current_date - 20, current_date - 1),
  ('ba109000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   '4-7-8 breathing in the lift', 'breathing', 'active', 'several_times_a_week', 2, 5, 'To arrive on the ward.',
   null, current_date - 60, current_date - 3)
on conflict do nothing;

insert into public.user_current_stressors (
  id, user_id, name, area, intensity, controllability, frequency, description, what_helps, next_step,
  started_on, ended_on
)
values
  ('aa122000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'The silence with Mira', 'family', 7, 5, 'weekly', 'Neither has written since the funeral.', 'Talking of Ilse.',
   'One line on a card.', '2024-10-01', null),
  ('aa122000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'Fewer hours at the school', 'work', 5, 3, 'monthly', null, null, 'Ask about the evening class.',
   current_date - 120, null),
  ('ba122000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Four subjects in three days', 'education', 8, 6, 'daily', null, 'A plan on paper. Playing.',
   'Pharmacology first.', current_date - 10, null),
  ('ba122000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'The lease', 'housing', 4, 4, 'rarely', null, null, null, current_date - 180, null)
on conflict do nothing;

insert into public.user_themes (
  id, user_id, name, description, in_her_words, domain, status, intensity, frequency, evidence,
  first_noticed_on, last_noticed_on, origin, is_confirmed, confidence, source_message_id
)
values
  ('aa101000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'What counts as done', 'Whatever is finished stops counting; only what is open has weight.',
   'a list of everything I did not', 'work', 'active', 7, 'weekly', null, current_date - 90, current_date - 1,
   'user', true, null, null),
  ('aa101000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'Longing for her sister', null, null, 'family', 'noticed', 6, 'monthly',
   'She would like to write after two years.', current_date - 20, current_date - 20, 'companion', false, 0.8,
   'a4000000-0000-4000-8000-000000000005'),
  ('ba101000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Being useful or being there', 'Is an hour of holding a hand work?', 'did nothing else', 'work', 'easing', 6,
   'weekly', null, current_date - 8, current_date - 8, 'user', true, null, null),
  ('ba101000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'Music has to wait', null, null, 'recreation', 'noticed', 5, 'weekly', 'The cello has to wait until it is over.',
   current_date - 2, current_date - 2, 'companion', false, 0.7, 'b4000000-0000-4000-8000-000000000003')
on conflict do nothing;

insert into public.user_emotional_patterns (
  id, user_id, name, family, beneath, status, triggers, body_signs, response, need, what_helps, intensity,
  frequency, settles_in_minutes, evidence, first_noticed_on
)
values
  ('aa114000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Dread at four', 'fear', 'sadness', 'active', '{waking, silence}', '{"tight chest"}', 'Counts what is undone.',
   'To be told that it can wait.', 'Writing it down.', 6, 'several_times_a_week', 90, null, current_date - 120),
  ('ba114000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Blank before exams', 'numbness', 'fear', 'active', '{exams, "a full timetable"}', '{jaw}', 'Cleans.',
   'A start that is small enough.', 'Twenty minutes of cello.', 7, 'monthly', 60, null, current_date - 390)
on conflict do nothing;

insert into public.user_pattern_loops (
  id, user_id, name, status, trigger, thought, feeling, behaviour, relief, cost, way_out, strength, frequency,
  evidence, first_noticed_on
)
values
  ('aa106000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'The list that grows by counting', 'active', 'Waking at four.', 'If I go through it once, I can sleep.', 'Dread.',
   'Goes through it, adds three things.', 'For a moment it seems under control.', 'Wide awake, and a longer list.',
   'At the first item: pen and paper, then the lamp off.', 7, 'several_times_a_week', null, current_date - 120),
  ('ba106000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Everything else first', 'active', 'An open book.', 'I cannot learn in this mess.', 'Restlessness.', 'Tidies.',
   'Something is finished.', 'An hour less, and the page is still there.',
   'One page, standing up, before the cloth.', 6, 'weekly', null, current_date - 360)
on conflict do nothing;

insert into public.user_shadow_themes (
  id, user_id, name, status, shows_as, met_in_others, guards, gift, origin_story, triggers, charge, integration,
  evidence, first_noticed_on
)
values
  ('aa107000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'The one who wants to be seen', 'noticed', 'Hangs her own drawings in the corridor, at knee height.',
   'Colleagues who sign everything.', 'From being laughed at.', 'Showing her work.',
   'A school exhibition when she was eleven.', '{openings, praise}', 6, 4, null, current_date - 75),
  ('ba107000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'The one who says no', 'noticed', 'Is late for what he did not want.', 'Flatmates who simply do not wash up.',
   'From disappointing Dad.', 'An evening of his own.', null, '{"can you just"}', 5, 3, null, current_date - 60)
on conflict do nothing;

insert into public.user_ancestral_issues (
  id, user_id, name, kind, line, generations_back, status, handed_down_by, message, effect_today, strength_kept,
  burden, evidence, first_noticed_on
)
values
  ('aa108000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Two suitcases', 'displacement', 'maternal', 2, 'noticed', 'A suitcase that always stood packed in the hall.',
   'Own only what you can carry.', 'Buys no furniture.',
   'A grandmother who could make a home with a tablecloth and a pencil.', 4, null, current_date - 70),
  ('ba108000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'The one who was sent to study', 'poverty', 'paternal', 1, 'noticed',
   'Stories at table, always ending in a mark.', 'Many paid for you to sit here.', 'A bad mark feels like theft.',
   'Staying power, and songs for every kind of weather.', 6, null, current_date - 300)
on conflict do nothing;

insert into public.user_relationship_dynamics (
  id, user_id, person_id, name, kind, status, triggers, her_part, their_part, her_need, what_helps, distress,
  frequency, evidence, first_noticed_on
)
values
  ('aa115000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa102000-0000-4000-8000-000000000001', 'Each waits for the other', 'distance', 'active',
   '{birthdays, "the anniversary of the funeral"}', 'Writes letters and keeps them.',
   'Sends nothing, asks Jonas how she is.', 'To be missed.', 'Beginning with something small.', 7, 'monthly', null,
   '2024-11-01'),
  ('ba115000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba102000-0000-4000-8000-000000000001', 'Marks first', 'people_pleasing', 'noticed', '{"Sunday calls"}',
   'Reports, does not tell.', 'Asks for numbers.', 'To be asked how the night was.',
   'Telling one thing before he asks.', 5, 'weekly', null, current_date - 270)
on conflict do nothing;

insert into public.user_dysregulating_factors (
  id, user_id, name, kind, direction, intensity, frequency, early_signs, is_avoidable, what_helps,
  recovery_minutes, notes, last_met_on
)
values
  ('aa111000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Being praised in front of others', 'social', 'hyperarousal', 5, 'monthly', '{"hot ears"}', null,
   'Cold water on the wrists.', 20, null, null),
  ('ba111000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Alarms that overlap', 'sensory', 'both', 6, 'weekly', '{"counting under his breath"}', false,
   'Naming them aloud, one by one.', 15, null, current_date - 8)
on conflict do nothing;

insert into public.user_insight_notes (
  id, user_id, theme_id, insight, kind, domain, noted_at, feels_true, changes, next_step, is_pinned, origin,
  is_confirmed, confidence, source_message_id
)
values
  ('aa127000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa101000-0000-4000-8000-000000000001', 'The list is not a debt. Nobody is waiting at four in the morning.',
   'reframe', 'work', now() - interval '6 days', 6, 'She may write it down and leave it there.',
   'A pad beside the lamp.', true, 'user', true, null, null),
  ('ba127000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba101000-0000-4000-8000-000000000001', 'For an hour, being there was the whole of the work.', 'realisation',
   'work', now() - interval '8 days', 7, null, null, false, 'companion', false, 0.7,
   'b4000000-0000-4000-8000-000000000005')
on conflict do nothing;

insert into public.user_value_compass (id, user_id, name, domain, importance, lived, description, obstacles, small_step)
values
  ('aa132000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Being a sister', 'family', 9, 2, 'One who writes first, if need be.', 'Pride, and a drawer full of letters.',
   'Buy a card.'),
  ('aa132000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'Teaching to see', 'work', 9, 8, null, null, null),
  ('ba132000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Making music with others', 'recreation', 8, 3, 'Not to be good at it: to be in it.', 'Shifts.',
   'Ask the choir about cellists.'),
  ('ba132000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'Care that is not in a hurry', 'work', 10, 7, null, 'The ward round.', null)
on conflict do nothing;

insert into public.user_goals (
  id, user_id, value_id, title, description, kind, domain, status, progress, importance, self_efficacy, measure,
  next_step, obstacles, closing_note, started_on, target_on
)
values
  ('aa104000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa132000-0000-4000-8000-000000000001', 'Write to Mira', null, 'personal', 'family', 'open', 30, 9, 5,
   'A letter is in the post.', 'Begin with the basil.', 'The first sentence.', null, current_date - 20,
   current_date + 30),
  ('aa104000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   null, 'Sleep through until six', null, 'therapeutic', 'physical_self_care', 'open', 20, 7, 6,
   'Five nights of seven.', 'Three lines before sleep.', null, null, current_date - 20, null),
  ('ba104000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   null, 'Pass the four exams', null, 'personal', 'education', 'open', 50, 8, 6, null, 'Pharmacology.', null, null,
   current_date - 40, current_date + 3),
  ('ba104000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'ba132000-0000-4000-8000-000000000001', 'Play for somebody once before winter', null, 'personal', 'recreation',
   'reached', 80, 7, 5, 'One listener is enough.', null, null, 'It was Priya, in the linen room.', current_date - 60,
   current_date - 20)
on conflict do nothing;

insert into public.user_growth_milestones (
  id, user_id, goal_id, title, description, domain, achieved_on, significance, what_made_it_possible, feeling,
  celebration
)
values
  ('aa113000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa104000-0000-4000-8000-000000000001', 'Said her sister''s name aloud', 'On the walk, to Jonas.', 'family',
   current_date - 21, 7, 'He did not ask anything.', 'Sore, then light.', null),
  ('ba113000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba104000-0000-4000-8000-000000000002', 'Played the first suite to the end', 'With all its wrong notes.',
   'recreation', current_date - 22, 8, 'Oranges.', 'Ten years old.', 'Told the choir.')
on conflict do nothing;

insert into public.user_growth_opportunities (
  id, user_id, name, description, domain, stage, current_level, desired_level, importance, first_step,
  obstacles, support, evidence
)
values
  ('aa116000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Letting finished things be finished', null, 'work', 'preparation', 3, 7, 7, 'Sign one drawing.',
   'There is always a better line.', 'The Thursday evening.', null),
  ('ba116000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Saying no once a week', null, 'friendship', 'contemplation', 2, 6, 6, 'To something small.', 'Their faces.',
   'Priya, who is good at it.', null)
on conflict do nothing;

insert into public.user_strengths (
  id, user_id, name, kind, virtue, is_signature, strength, in_use, how_it_shows, evidence, helps_with,
  last_seen_on
)
values
  ('aa118000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Seeing what is there', 'character', 'wisdom', true, 9, 8, 'Notices the hand before the face.',
   'A pupil''s gasp.', 'Looking at a fear until it has edges.', current_date - 4),
  ('aa118000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'Making things with little', 'skill', null, false, 7, 6, 'A lesson with three pencils.', null, null, null),
  ('ba118000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Staying', 'character', 'humanity', true, 9, 7, 'Does not look at the clock.', 'An hour of holding a hand.',
   'His own bad hours.', current_date - 8),
  ('ba118000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'Knows how to practise', 'experience', null, false, 8, 4, 'Slowly, in small pieces.', 'Fifteen years of cello.',
   'Pharmacology, in four bars at a time.', null)
on conflict do nothing;

insert into public.user_role_model_traits (
  id, user_id, person_id, trait, role_model, role_model_kind, why_admired, example, in_herself, how_to_practise
)
values
  ('aa112000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa102000-0000-4000-8000-000000000003', 'Beginning anew without bitterness', 'Grandmother Ilse', 'ancestor',
   'She unpacked and set the table.', 'The tablecloth on the packing case.', 5, 'Unpack one box.'),
  ('ba112000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba102000-0000-4000-8000-000000000002', 'Asking for help early', 'Priya', 'known_person',
   'Nobody thinks less of her.', '“Can you check this with me?”', 3, 'Once each shift.')
on conflict do nothing;

insert into public.user_coping_tools (
  id, user_id, name, kind, description, used_for, effectiveness, helps_later, cost, is_for_crisis,
  takes_minutes, frequency, learned_from, last_used_on
)
values
  ('aa103000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Drawing her own left hand', 'emotion_focused', 'Without looking at the paper.',
   '{"four in the morning", "waiting rooms"}', 7, true, null, true, 10, 'weekly', 'Ilse', current_date - 5),
  ('aa103000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'Answering messages at night', 'avoidant', null, '{"four in the morning"}', 4, false, 'Sleep.', false, 40,
   'several_times_a_week', null, current_date - 1),
  ('ba103000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Twenty minutes of slow scales', 'emotion_focused', null, '{"before exams", "after nights"}', 8, true, null, true,
   20, 'several_times_a_week', 'His first teacher', current_date - 2)
on conflict do nothing;

-- The four kinds that are kept apart: nothing here is acute.
insert into public.user_regulation_strategies (
  id, user_id, name, process, channel, effect, steps, effectiveness, works_up_to, works_within_minutes,
  not_when, frequency, last_used_on
)
values
  ('aa110000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Cold water on the wrists', 'response_modulation', 'senses', 'grounds', 'Tap, both wrists, count to thirty.', 6,
   7, 2, null, 'weekly', current_date - 9),
  ('ba110000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   '4-7-8', 'response_modulation', 'breath', 'calms', 'In for four, hold for seven, out for eight; three times.', 6,
   6, 3, 'When he is already short of breath: then look for five blue things.', 'several_times_a_week',
   current_date - 3)
on conflict do nothing;

insert into public.user_trauma_patterns (
  id, user_id, name, kind, period, status, stage, may_be_raised, description, response, triggers, body_signs,
  reexperiencing, avoidance, sense_of_threat, distress, frequency, grounding, evidence, first_noticed_on
)
values
  ('aa105000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'The winter of the divorce', 'relational', 'adulthood', 'easing', 'reconnection', true, null, 'freeze',
   '{"raised voices", "keys in a lock"}', '{"held breath"}', 1, 1, 1, 3, 'rarely',
   'Feet on the floor; the cat''s weight.', null, '2019-03-01'),
  ('ba105000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'The night in bed seven', 'witnessed', 'adulthood', 'noticed', 'safety', false, null, 'dissociation',
   '{"the flat tone"}', '{"far-away hands"}', 1, 0, 2, 4, 'monthly', 'Naming what he can touch.', null,
   current_date - 30)
on conflict do nothing;

insert into public.user_risk_factors (
  id, user_id, name, area, kind, status, severity, warning_signs, protective_factors, mitigation, evidence,
  first_noticed_on, last_noticed_on, review_on
)
values
  ('aa117000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Weeks of short sleep', 'self_neglect', 'acute', 'watched', 3, '{"cancels the Thursday evening"}',
   '{Jonas, "the cat", "her pupils"}', 'Tell Jonas after a third bad night.', null, current_date - 20,
   current_date - 1, current_date + 10),
  ('ba117000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Exams and nights in one week', 'self_neglect', 'acute', 'active', 3, '{"skips meals"}', '{Priya, choir}',
   'Eat before each shift; swap one.', null, current_date - 5, current_date - 2, current_date + 4)
on conflict do nothing;

insert into public.user_substance_use (
  id, user_id, substance, name, status, frequency, typical_amount, amount_unit, heavy_use, craving,
  has_tried_to_stop, feels_guilty, others_worry, has_had_withdrawal, stage, gives_her, costs_her, triggers,
  what_helps, age_at_first_use, last_used_on, abstinent_since
)
values
  ('aa124000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'tobacco', 'cigarettes', 'abstinent', 'never', null, null, 'never', 2, true, false, false, false, 'maintenance',
   'A door to step out of.', null, '{openings}', 'Chewing on a pencil.', 19, '2022-12-31', '2023-01-01'),
  ('ba124000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'alcohol', 'beer', 'using', 'two_to_four_times_a_month', 2, 'standard drinks', 'less_than_monthly', 1, null,
   false, false, false, null, 'Being one of the flat.', null, '{parties}', null, 18, current_date - 12, null)
on conflict do nothing;

insert into public.user_suicidal_thoughts (
  id, user_id, occurred_at, ideation, frequency, duration, controllability, deterrents, behaviour, self_injury,
  means_access, distress, triggers, protective_factors, reasons_for_living, what_helped, told_somebody,
  passed_at, note
)
values
  ('aa126000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   '2019-03-10 22:00+00', 'wish_to_be_dead', 'less_than_once_a_week', 'seconds_or_minutes', 'easily',
   'definitely_stop', 'none', false, 'none', 6, '{"the empty flat"}', '{Ilse, Jonas}', 'Spring at the canal.',
   'Ringing Jonas.', true, '2019-03-10 23:00+00', 'One bad month, long ago. It has not come back.'),
  ('ba126000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   now() - interval '30 days', 'wish_to_be_dead', 'less_than_once_a_week', 'seconds_or_minutes', 'easily',
   'definitely_stop', 'none', false, 'none', 4, '{"no sleep after a night shift"}',
   '{choir, "his sister''s wedding"}', null, 'Sleep, and telling Priya.', true, now() - interval '29 days',
   'More a wish for it all to stop for a day.')
on conflict do nothing;
