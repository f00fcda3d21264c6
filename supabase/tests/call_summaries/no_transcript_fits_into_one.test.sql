begin;
select plan(4);

select ok(
  private.holds_no_transcript('{"asked_for": "company", "left_with": ["a list"]}'),
  'what a call was about is none'
);
select is_empty(
  $$ select document from unnest(array[
       '{"transcript": []}', '{"a": [{"b": {"Transcription": 1}}]}', '{"messages": []}', '{"userUtterances": {}}',
       '{"recordingUrl": "x"}', '{"artifact": {}}'
     ]::jsonb[]) as document where private.holds_no_transcript(document) $$,
  'whatever calls itself one is, however deep'
);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_like(
  $$ update public.call_summaries set summary_json = '{"found": {"verbatim": "I said so."}}' $$,
  '%call_summaries_summary_json_holds_no_transcript%', 'not in the summary'
);
select throws_like(
  $$ update public.voice_calls set cost_breakdown = '{"transcript": "I said so."}' $$,
  '%voice_calls_cost_breakdown_holds_no_transcript%', 'nor between the costs'
);

select * from finish();
rollback;
