-- Billing: what somebody has subscribed to, as the payment provider last said.
--
-- Stripe is the authority; this is its latest word. Its events may come late, twice or in another
-- order than they happened, so each carries its moment, and an older one never overwrites a newer.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- In the order in which a subscription goes through them: of two events of one second, the later
-- state counts.
create type public.subscription_status as enum (
  'none', 'incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled'
);
comment on type public.subscription_status is
  'none: never subscribed. The others as Stripe has them; its incomplete_expired is canceled here.';

-- subscriptions ---------------------------------------------------------------

create table public.subscriptions (
  id                     uuid        primary key default private.uuid_v7(),
  user_id                uuid        not null default auth.uid() references public.users on delete cascade,
  stripe_customer_id     text,
  stripe_subscription_id text,
  status                 public.subscription_status not null default 'none',
  plan                   text,
  trial_ends_at          timestamptz,
  current_period_end     timestamptz,
  past_due_since         timestamptz,
  cancel_at_period_end   boolean     not null default false,
  last_event_at          timestamptz,
  replaced_ids           text[]      not null default '{}',
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),

  constraint subscriptions_one_for_each_person unique (user_id),
  constraint subscriptions_stripe_customer_id_key unique (stripe_customer_id),
  constraint subscriptions_stripe_subscription_id_key unique (stripe_subscription_id),
  constraint subscriptions_stripe_customer_id_has_1_to_100_characters
    check (length(stripe_customer_id) between 1 and 100),
  constraint subscriptions_stripe_subscription_id_has_1_to_100_characters
    check (length(stripe_subscription_id) between 1 and 100),
  constraint subscriptions_plan_is_a_short_word check (plan ~ '^[a-z0-9][a-z0-9_-]{0,59}$'),
  constraint subscriptions_past_due_ones_say_since_when check ((status = 'past_due') = (past_due_since is not null)),
  constraint subscriptions_at_the_provider_have_a_customer
    check (stripe_subscription_id is null or stripe_customer_id is not null)
);

comment on table  public.subscriptions is 'What a person has subscribed to, one row each; without a row, nothing.';
comment on column public.subscriptions.stripe_customer_id is 'Who she is at Stripe; null before the first checkout.';
comment on column public.subscriptions.stripe_subscription_id is 'The subscription that counts now, or counted last; null for a trial without Stripe.';
comment on column public.subscriptions.plan is 'The plan, such as `monthly`; null without one.';
comment on column public.subscriptions.trial_ends_at is 'Until when she may try; null without a trial.';
comment on column public.subscriptions.current_period_end is 'Until when it is paid; null when the provider does not say.';
comment on column public.subscriptions.past_due_since is 'When the payment first failed; null unless it is past due.';
comment on column public.subscriptions.cancel_at_period_end is 'She has cancelled: it ends with the period, and gives access until then.';
comment on column public.subscriptions.replaced_ids is 'Earlier subscriptions of hers, whose events count no more.';
comment on column public.subscriptions.last_event_at is 'The moment, by the provider''s clock, of the event that it stands by; null before the first.';

create function private.subscriptions_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and (new.id, new.user_id) is distinct from (old.id, old.user_id) then
    raise exception using errcode = 'CA409', message = 'A subscription stays with its owner.';
  end if;
  new.past_due_since := case when new.status = 'past_due' then coalesce(new.past_due_since, new.last_event_at, now()) end;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.subscriptions_change is 'Before insert or update: says since when it is past due.';
create trigger t100_subscriptions_change before insert or update on public.subscriptions
  for each row execute function private.subscriptions_change();

create constraint trigger t900_subscriptions_live after insert or update or delete on public.subscriptions
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.subscriptions enable row level security;
alter table public.subscriptions force row level security;
create policy owner_select on public.subscriptions for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.subscriptions for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.subscriptions for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.subscriptions for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- The server begins a trial, and says who she is at Stripe; the rest is apply_subscription_event's.
grant select on public.subscriptions to authenticated;
grant
  insert (id, stripe_customer_id, status, plan, trial_ends_at),
  update (stripe_customer_id)
  on public.subscriptions to cairn_server;

-- apply_subscription_event ----------------------------------------------------

create function private.apply_subscription_event(
  customer_id text, subscription_id text, event_at timestamptz, status public.subscription_status, plan text default null,
  trial_ends_at timestamptz default null, current_period_end timestamptz default null,
  cancel_at_period_end boolean default false
) returns boolean
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  known public.subscriptions;
begin
  if num_nulls(customer_id, subscription_id, event_at, status) > 0 or status = 'none' then
    raise exception using errcode = 'CA400', message = 'An event names a customer, a subscription, a moment and a state.';
  end if;
  -- Events of one customer come one after the other.
  select * into known
  from public.subscriptions as subscription
  where subscription.stripe_customer_id = customer_id
  for no key update;
  if not found then
    raise exception using errcode = 'CA404', message = 'No person is known by this customer id.';
  end if;

  if (event_at, apply_subscription_event.status) < (known.last_event_at, known.status) then
    return false;
  end if;
  -- What another has replaced says nothing any more, not even that it was renewed.
  if subscription_id = any (known.replaced_ids) then
    return false;
  end if;
  -- When she changes to another subscription, the end of the first, or word that it will end, comes
  -- after the start of the second.
  if known.stripe_subscription_id <> subscription_id
     and known.status in ('trialing', 'active', 'past_due')
     and (apply_subscription_event.status not in ('trialing', 'active')
          or apply_subscription_event.cancel_at_period_end is true) then
    return false;
  end if;

  update public.subscriptions as subscription
  set stripe_subscription_id = subscription_id,
      replaced_ids           = case when known.stripe_subscription_id <> subscription_id
                                    then subscription.replaced_ids || known.stripe_subscription_id
                                    else subscription.replaced_ids end,
      status                 = apply_subscription_event.status,
      plan                   = coalesce(apply_subscription_event.plan, subscription.plan),
      trial_ends_at          = coalesce(apply_subscription_event.trial_ends_at, subscription.trial_ends_at),
      current_period_end     = coalesce(apply_subscription_event.current_period_end, subscription.current_period_end),
      cancel_at_period_end   = coalesce(apply_subscription_event.cancel_at_period_end, false),
      last_event_at          = event_at
  where subscription.id = known.id;
  return true;
end
$$;
comment on function private.apply_subscription_event is
  'Take over what the provider said at a moment by its own clock, which may come late or again. False, and nothing '
  'changes, when something newer is known, or when it is the end of a subscription that another has replaced. What the '
  'event does not say (null) stays. CA404 for a customer whom nobody is known by yet: keep the event, and repeat it. '
  'For whoever has checked the event''s signature.';
grant execute on function private.apply_subscription_event to cairn_server;

-- has_access ------------------------------------------------------------------

create function public.has_access() returns boolean
  language sql stable set search_path = ''
as $$
  select coalesce((
    select case mine.status
      -- Three days, should the provider's word of the next period be late.
      when 'active'   then coalesce(mine.current_period_end + interval '3 days' > now(), true)
      when 'trialing' then coalesce(mine.trial_ends_at, mine.current_period_end) > now()
      -- Seven days, in which the provider tries her card again.
      when 'past_due' then mine.past_due_since + interval '7 days' > now()
      else false
    end
    from public.subscriptions as mine
    where mine.user_id = (select auth.uid())
  ), false)
$$;
comment on function public.has_access is
  'May the caller use what is paid for? While her subscription is active (and three days beyond the period, should '
  'news be late), while her trial lasts, and for seven days after a payment failed. Nothing of safety may ever depend on it.';
grant execute on function public.has_access to authenticated;
