-- What the companion keeps in mind of Ana and Ben, and how they said they were.

insert into public.memories (
  id, user_id, conversation_id, message_id, content, original_content, summary, memory_type, storage_type,
  significance_level, significance_category, relevance_score, stability_score, explicitness_score, quality_score,
  validation_passed, is_consented, tags, extraction_metadata, status, created_at
)
values
  ('aa200000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000002', 'a4000000-0000-4000-8000-000000000005',
   'Ana has not spoken with her sister for two years and would like to write to her.',
   'I want to write to my sister, after two years. I do not know how one begins.', 'A letter to her sister',
   'goal', 'long_term', 'high', 'family', 0.9, 0.7, 1, 90, true, true, '{sister, letter}',
   '{"extractor": "seed"}', 'active', now() - interval '20 days'),
  ('aa200000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000001', 'a4000000-0000-4000-8000-000000000003',
   'When Ana wakes at four, it is over a list of what she did not finish. Writing it down helps her.',
   'A list. Everything I did not draw, did not answer, did not mend.', 'Awake over a list',
   'pattern', 'long_term', 'moderate', 'sleep', 0.8, 0.5, 0.7, 80, true, true, '{sleep, worry}',
   '{"extractor": "seed"}', 'active', now() - interval '1 day'),
  ('aa200000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', null, null,
   'Ana walks along the canal before breakfast; she calls it her quiet hour.', null, null,
   'coping_strategy', 'short_term', 'low', 'rest', 0.4, 0.8, 0.9, 70, true, false, '{walking}',
   '{"extractor": "seed"}', 'active', now() - interval '12 hours'),
  ('ba200000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000001', 'b4000000-0000-4000-8000-000000000003',
   'Ben gives up the cello first when exams come near, and misses it.',
   'Sunday. I told myself that the cello has to wait until it is over.', 'The cello waits',
   'pattern', 'long_term', 'moderate', 'music', 0.7, 0.6, 0.6, 85, true, true, '{cello, exams}',
   '{"extractor": "seed"}', 'active', now() - interval '2 days'),
  ('ba200000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000002', 'b4000000-0000-4000-8000-000000000005',
   'In his first night on the ward Ben held somebody''s hand for an hour; it moved him.',
   'My first night on the ward is over. I held somebody''s hand for an hour and did nothing else.', 'First night shift',
   'event', 'long_term', 'high', 'work', 0.8, 0.9, 1, 90, true, true, '{"night shift"}',
   '{"extractor": "seed"}', 'active', now() - interval '8 days'),
  ('ba200000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000002', null, null,
   'Ben prefers to be told things plainly.', null, null,
   'preference', 'short_term', 'low', null, 0.5, 0.9, 0.8, 75, true, true, '{}',
   '{"extractor": "seed"}', 'archived', now() - interval '9 days')
on conflict (id) do nothing;

-- No model made these: a wave for each, so that they differ.
insert into public.memory_vectors (id, user_id, embedder, embedding, search)
select
  memory.id, memory.user_id, 'seed',
  (
    select '[' || string_agg(round(sin(dimension * (1 + length(memory.content)))::numeric, 4)::text, ',' order by dimension) || ']'
    from generate_series(1, 768) as dimension
  )::extensions.halfvec,
  to_tsvector('simple', memory.content)
from public.memories as memory
where memory.extraction_metadata = '{"extractor": "seed"}'
  and memory.status = 'active' and memory.is_consented and memory.validation_passed
on conflict do nothing;

insert into public.memory_access (id, user_id, salience, access_count, last_accessed_at)
values
  ('aa200000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 8, 3, now() - interval '2 days'),
  ('aa200000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 6, 1, now() - interval '1 day'),
  ('ba200000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 7, 2, now() - interval '3 days')
on conflict do nothing;

insert into public.memory_links (id, user_id, from_memory_id, to_memory_id, kind, strength)
values
  ('aa210000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'aa200000-0000-4000-8000-000000000002', 'aa200000-0000-4000-8000-000000000001', 'related', 0.4),
  ('ba210000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'ba200000-0000-4000-8000-000000000001', 'ba200000-0000-4000-8000-000000000002', 'related', 0.3)
on conflict do nothing;

insert into public.memory_metrics (
  id, user_id, day, retrievals, misses, candidates, hits, score_total, latency_ms_total, latency_ms_max
)
values
  ('aa220000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   '2026-12-01', 4, 1, 8, 5, 3.4, 5.2, 1.9),
  ('ba220000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   '2026-12-01', 2, 0, 4, 3, 2.1, 2.3, 1.3)
on conflict do nothing;

insert into public.check_ins (id, user_id, mood, energy, prompts, note, occurred_at, created_at)
values
  ('aa230000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 4, 3,
   '{"How did you sleep?"}', 'Until four. The list again, but I wrote it down and slept another hour.',
   now() - interval '1 day', now() - interval '1 day'),
  ('aa230000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 6, 5,
   '{"What was good today?"}', 'The canal had ice on it, and a heron.', now() - interval '3 hours', now() - interval '3 hours'),
  ('ba230000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 5, 2,
   '{}', 'Tired, but a good tired.', now() - interval '7 days', now() - interval '7 days'),
  ('ba230000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 3, 4,
   '{"How full is your head, from 0 to 10?"}', 'Nine. Three days left.', now() - interval '2 days', now() - interval '2 days')
on conflict (id) do nothing;
