-- What agents did for Ana and Ben; both could still be undone.

insert into public.agent_actions (
  id, user_id, conversation_id, actor, action_type, entity_type, entity_id, payload, result, before, after, created_at
)
select
  told.id::uuid, conversation.user_id, conversation.id, told.actor, 'update_conversation', 'conversations', conversation.id,
  jsonb_build_object('title', conversation.title), '{"columns": ["title"]}',
  to_jsonb(conversation.*) || '{"title": null}', to_jsonb(conversation.*), conversation.created_at + interval '3 minutes'
from (
  values
    ('00a31100-0000-4000-8000-000000000001', 'a3000000-0000-4000-8000-000000000002', 'agent:chatgpt'),
    ('00b31100-0000-4000-8000-000000000001', 'b3000000-0000-4000-8000-000000000002', 'agent:claude')
) as told (id, conversation_id, actor)
join public.conversations as conversation on conversation.id = told.conversation_id::uuid
on conflict (id) do nothing;

insert into public.agent_actions (
  id, user_id, conversation_id, actor, action_type, entity_type, entity_id, before, after, created_at
)
select
  told.id::uuid, summary.user_id, summary.conversation_id, 'pipeline', 'create_conversation_summary',
  'conversation_summaries', summary.id, null, to_jsonb(summary.*), summary.created_at
from (
  values
    ('00a31100-0000-4000-8000-000000000002', 'a6000000-0000-4000-8000-000000000001'),
    ('00b31100-0000-4000-8000-000000000002', 'b6000000-0000-4000-8000-000000000001')
) as told (id, summary_id)
join public.conversation_summaries as summary on summary.id = told.summary_id::uuid
on conflict (id) do nothing;
