-- Some of Ana's and Ben's parts. May be run again.

insert into public.parts (
  id, user_id, origin, name, story, role, status, status_changed_at, confidence_score, recent_evidence, felt_age,
  body_location, image, intention, fears, needs, attributes, created_at
)
values
  ('aa407000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'companion', 'The Keeper of the List',
   'She has kept it since the winter when nobody else kept anything.', 'manager', 'active', now() - interval '10 days', 0.488,
   array[
     jsonb_build_object('quote', 'A list. Everything I did not draw, did not answer, did not mend.',
                        'message_id', 'a4000000-0000-4000-8000-000000000003', 'at', now() - interval '1 day'),
     jsonb_build_object('quote', 'If I do not think of it, nobody will.', 'message_id', null, 'at', now() - interval '12 days'),
     jsonb_build_object('quote', 'I woke at four again.',
                        'message_id', 'a4000000-0000-4000-8000-000000000001', 'at', now() - interval '1 day')
   ],
   null, 'behind the eyes', 'A woman at a counter, counting, with her back to me.',
   'That nothing is forgotten and nobody is disappointed.', '{"that everything falls apart"}',
   '{"to hear that the counting was noticed", rest}', '{"colour": "slate"}', now() - interval '30 days'),
  ('aa407000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'user', 'The girl on the stairs',
   'She listens whether they have stopped.', 'exile', 'acknowledged', now() - interval '9 days', 0.2,
   array[jsonb_build_object('quote', 'The house is so quiet that I hear the fridge think.',
                            'message_id', 'a4000000-0000-4000-8000-000000000001', 'at', now() - interval '1 day')],
   7, 'the upper stomach', null, null, '{"the door"}', '{"somebody to sit beside her"}', '{}', now() - interval '9 days'),
  ('aa407000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', 'user', 'The one who lets it be',
   null, 'unknown', 'emerging', now() - interval '2 days', 0, '{}', null, 'the shoulders', null, null, '{}', '{}', '{}',
   now() - interval '2 days'),
  ('ba407000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'companion', 'The Sergeant',
   'He was the first in the family who had to pass.', 'manager', 'acknowledged', now() - interval '2 days', 0.2,
   array[jsonb_build_object('quote', 'I told myself that the cello has to wait until it is over.',
                            'message_id', 'b4000000-0000-4000-8000-000000000003', 'at', now() - interval '2 days')],
   40, 'the jaw', 'Boots, a clipboard, no face.', 'That Ben is never sent home again.', '{"failing in front of everybody"}',
   '{"a day off"}', '{}', now() - interval '2 days'),
  ('ba407000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'user', 'The humming boy',
   'He makes up melodies when it gets loud.', 'unknown', 'emerging', now() - interval '1 day', 0, '{}', 9, 'the throat',
   null, 'That there is something nice, too.', '{}', '{"twenty minutes"}', '{}', now() - interval '1 day')
on conflict do nothing;

insert into public.part_relationships (
  id, user_id, from_part_id, to_part_id, origin, relationship_type, polarization_level, notes
)
values
  ('aa408000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa407000-0000-4000-8000-000000000001', 'aa407000-0000-4000-8000-000000000002', 'user', 'protector_exile', null,
   'As long as she counts, the girl need not be heard.'),
  ('aa408000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'aa407000-0000-4000-8000-000000000001', 'aa407000-0000-4000-8000-000000000003', 'companion', 'polarized', 6, null),
  ('ba408000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba407000-0000-4000-8000-000000000001', 'ba407000-0000-4000-8000-000000000002', 'user', 'polarized', 8,
   'One says after the exam, the other hums.')
on conflict do nothing;

insert into public.part_assessments (
  id, user_id, part_id, message_id, origin, assessment_type, intensity, note, content, created_at
)
values
  ('aa409000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa407000-0000-4000-8000-000000000001', 'a4000000-0000-4000-8000-000000000003', 'companion', 'activation', 8,
   'It leads at night, and knows that it does.', '{}', now() - interval '1 day'),
  ('aa409000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'aa407000-0000-4000-8000-000000000001', null, 'user', 'self_energy', 6,
   'I was curious for a moment how long she has been standing there.', '{"asked": "How do you feel towards it?"}',
   now() - interval '20 hours'),
  ('ba409000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba407000-0000-4000-8000-000000000001', null, 'user', 'trust', 2,
   'He does not believe that I would get up without him.', '{}', now() - interval '1 day')
on conflict do nothing;
