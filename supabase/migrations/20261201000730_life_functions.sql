-- Over all of her life: what there is, what waits for her word, and the way the server writes it.
--
-- A category is a table of this chapter, by its name. Names come from one closed list and are looked
-- up there before they become part of a statement. All of these functions run with the rights of who
-- calls, so that policies and grants decide as they do everywhere else.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- memory_categories -----------------------------------------------------------

-- A body that is no string keeps what it names by its identity: people may not look into `private`.
create function public.memory_categories(include_sensitive boolean default false) returns text[]
  language sql immutable set search_path = ''
  return (
    select array_agg(category.name order by category.place)
    from unnest(array[
      'user_themes', 'user_people', 'user_coping_tools', 'user_goals', 'user_trauma_patterns', 'user_pattern_loops',
      'user_shadow_themes', 'user_ancestral_issues', 'user_current_practices', 'user_regulation_strategies',
      'user_dysregulating_factors', 'user_role_model_traits', 'user_growth_milestones', 'user_emotional_patterns',
      'user_relationship_dynamics', 'user_growth_opportunities', 'user_risk_factors', 'user_strengths',
      'user_mood_trends', 'user_emotional_states', 'user_support_system', 'user_current_stressors',
      'user_daily_habits', 'user_substance_use', 'user_previous_therapy', 'user_suicidal_thoughts',
      'user_insight_notes', 'user_value_compass',
      -- One row for each person; hers alone to write.
      'user_sleep_routine', 'user_relationship_status', 'user_living_situation', 'user_spiritual_path'
    ]) with ordinality as category (name, place)
    where include_sensitive or not private.is_sensitive(category.name)
  );
comment on function public.memory_categories is
  'The categories of what is remembered of a person, each the name of its table; the sensitive ones when asked for.';
grant execute on function public.memory_categories to authenticated;

-- memory_category_statistics --------------------------------------------------

create function public.memory_category_statistics(include_sensitive boolean default false)
  returns table (category text, entries bigint, unconfirmed bigint, last_changed_at timestamptz)
  language plpgsql stable set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  waits boolean;
begin
  foreach category in array public.memory_categories(include_sensitive) loop
    waits := exists (
      select from pg_catalog.pg_attribute as attribute
      where attribute.attrelid = format('public.%I', category)::regclass and attribute.attname = 'is_confirmed'
    );
    return query execute format(
      'select $1, count(*), count(*) filter (where %s), max(entry.updated_at)
       from public.%I as entry where entry.user_id = $2',
      case when waits then 'not entry.is_confirmed' else 'false' end, category
    ) using category, viewer;
  end loop;
end
$$;
comment on function public.memory_category_statistics is
  'Of each category: how many entries the caller has, how many of them wait for her word, and when the last was '
  'changed (null without any). The sensitive ones only when asked for.';
grant execute on function public.memory_category_statistics to authenticated;

-- confirm_category_entry ------------------------------------------------------

create function public.confirm_category_entry(category text, entry_id uuid) returns uuid
  language plpgsql volatile set search_path = ''
as $$
declare
  confirmed uuid;
begin
  if not coalesce(category = any (public.memory_categories(true)), false) or not exists (
    select from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = to_regclass(format('public.%I', category)) and attribute.attname = 'is_confirmed'
  ) then
    raise exception using errcode = 'CA400', message = 'There is no such category of entries to confirm.';
  end if;

  -- Once more is no change.
  execute format(
    'update public.%I as entry set is_confirmed = true where entry.id = $1 and entry.user_id = $2 returning entry.id',
    category
  ) into confirmed using entry_id, (select auth.uid());
  if confirmed is null then
    raise exception using errcode = 'CA404', message = 'There is no such entry, or it is not yours.';
  end if;
  return confirmed;
end
$$;
comment on function public.confirm_category_entry is
  'Say that an inferred entry of a category is true; gives its id, also the second time. CA400 for a category that is '
  'none, or holds nothing inferred; CA404 when the entry is missing or another''s.';
grant execute on function public.confirm_category_entry to authenticated;

-- dismiss_category_entry ------------------------------------------------------

create function public.dismiss_category_entry(category text, entry_id uuid) returns uuid
  language plpgsql volatile set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  dismissed uuid;
  is_there boolean;
begin
  if not coalesce(category = any (public.memory_categories(true)), false) or not exists (
    select from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = to_regclass(format('public.%I', category)) and attribute.attname = 'is_confirmed'
  ) then
    raise exception using errcode = 'CA400', message = 'There is no such category of entries to dismiss.';
  end if;

  execute format(
    'delete from public.%I as entry
     where entry.id = $1 and entry.user_id = $2 and not entry.is_confirmed
     returning entry.id',
    category
  ) into dismissed using entry_id, viewer;
  if dismissed is not null then
    return dismissed;
  end if;

  execute format(
    'select exists (select from public.%I as entry where entry.id = $1 and entry.user_id = $2)', category
  ) into is_there using entry_id, viewer;
  if is_there then
    raise exception using errcode = 'CA409', message = 'This entry is confirmed; delete it if it is to go.';
  end if;
  raise exception using errcode = 'CA404', message = 'There is no such entry, or it is not yours.';
end
$$;
comment on function public.dismiss_category_entry is
  'Say that an inferred entry of a category is not true: it is deleted; gives the id it had. CA400 for a category that '
  'is none, or holds nothing inferred; CA404 when the entry is missing or another''s; CA409 when it was confirmed.';
grant execute on function public.dismiss_category_entry to authenticated;

-- write_category_entries ------------------------------------------------------

create function private.write_category_entries(entries jsonb) returns table (category text, entry_id uuid)
  language plpgsql volatile set search_path = ''
as $$
declare
  entry_origin constant public.entry_origin :=
    case when private.actor() like 'agent:%' then 'agent' else 'companion' end;
  entry   jsonb;
  given   jsonb;
  target  regclass;
  written text;
begin
  if (select auth.uid()) is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  if not coalesce(jsonb_typeof(entries) = 'array' and jsonb_array_length(entries) between 1 and 100, false) then
    raise exception using errcode = 'CA400', message = 'Entries are a list of 1 to 100.';
  end if;

  for entry in select item.value from jsonb_array_elements(entries) as item loop
    if not coalesce(
      jsonb_typeof(entry) = 'object' and jsonb_typeof(entry -> 'values') = 'object'
      and entry - array['category', 'values', 'confidence', 'source_message_id'] = '{}',
      false
    ) then
      raise exception using errcode = 'CA400',
        message = 'An entry has a category and values, and may have a confidence and a source_message_id.';
    end if;
    category := entry ->> 'category';
    target := case
      when category = any (public.memory_categories(true)) then format('public.%I', category)::regclass
    end;
    -- What holds one row for each person has no column for the origin: it is hers alone to write.
    if target is null or not exists (
      select from pg_catalog.pg_attribute as attribute
      where attribute.attrelid = target and attribute.attname = 'origin'
    ) then
      raise exception using errcode = 'CA400', message = 'There is no such category of entries to write.';
    end if;

    -- What is null was not said, and keeps the column's default.
    given := jsonb_strip_nulls(entry -> 'values');
    -- The columns that she could fill in herself; the grants are the list of them.
    select string_agg(format('%I', attribute.attname), ', ' order by attribute.attnum) into written
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = target
      and attribute.attnum > 0
      and attribute.attname <> 'id'
      and given ? attribute.attname
      and has_column_privilege('authenticated', target, attribute.attnum, 'insert');
    if written is null or exists (
      select from jsonb_object_keys(entry -> 'values') as name
      where name = 'id' or not exists (
        select from pg_catalog.pg_attribute as attribute
        where attribute.attrelid = target
          and attribute.attnum > 0
          and attribute.attname = name
          and has_column_privilege('authenticated', target, attribute.attnum, 'insert')
      )
    ) then
      raise exception using errcode = 'CA400',
        message = format('An entry of %s has no value, or one for a column that cannot be filled in.', category);
    end if;

    begin
      execute format(
        'insert into public.%1$I as added (%2$s, origin, is_confirmed, confidence, source_message_id)
         select %2$s, $2, false, $3, $4 from jsonb_populate_record(null::public.%1$I, $1)
         returning added.id',
        category, written
      ) into entry_id
      using given, entry_origin,
        (entry ->> 'confidence')::double precision, (entry ->> 'source_message_id')::uuid;
    exception
      -- Never the server's own message: it would quote what she said.
      when data_exception then
        raise exception using errcode = 'CA400',
          message = format('An entry of %s has a value that does not fit its column.', category);
    end;
    return next;
  end loop;
end
$$;
comment on function private.write_category_entries is
  'Write what was inferred of the caller, into several categories at once or into none: a list of '
  '{category, values: {column: value}, confidence, source_message_id}. The entries wait for her word; their origin is '
  'the companion, or the agent that acts. Gives their ids in the same order. CA400 for an unknown category or column.';
grant execute on function private.write_category_entries to cairn_server;

-- profile_summary -------------------------------------------------------------

create function public.profile_summary() returns table (
  entries bigint, unconfirmed bigint, open_goals bigint, main_themes text[], current_goals text[], strengths text[],
  current_stressors text[], last_changed_at timestamptz
)
  language sql stable set search_path = ''
as $$
  select
    total.entries,
    total.unconfirmed,
    (
      select count(*) from public.user_goals as goal
      where goal.user_id = (select auth.uid()) and goal.is_confirmed and goal.status = 'open'
    ),
    array(
      select theme.name from public.user_themes as theme
      where theme.user_id = (select auth.uid()) and theme.is_confirmed and theme.status <> 'resolved'
      order by theme.intensity desc, theme.updated_at desc, theme.id desc
      limit 5
    ),
    array(
      select goal.title from public.user_goals as goal
      where goal.user_id = (select auth.uid()) and goal.is_confirmed and goal.status = 'open'
      order by goal.importance desc nulls last, goal.target_on nulls last, goal.id desc
      limit 5
    ),
    array(
      select strength.name from public.user_strengths as strength
      where strength.user_id = (select auth.uid()) and strength.is_confirmed
      order by strength.is_signature desc, strength.strength desc, strength.id desc
      limit 5
    ),
    array(
      select stressor.name from public.user_current_stressors as stressor
      where stressor.user_id = (select auth.uid()) and stressor.is_confirmed and stressor.ended_on is null
      order by stressor.intensity desc, stressor.updated_at desc, stressor.id desc
      limit 5
    ),
    total.last_changed_at
  from (
    select
      sum(statistics.entries)::bigint as entries,
      sum(statistics.unconfirmed)::bigint as unconfirmed,
      max(statistics.last_changed_at) as last_changed_at
    from public.memory_category_statistics() as statistics
  ) as total
$$;
comment on function public.profile_summary is
  'What the caller''s life comes to, computed from its tables at this moment: counts, and the first five of her themes, '
  'goals, strengths and stressors, only what she said or confirmed. The sensitive categories are never in it.';
grant execute on function public.profile_summary to authenticated;
