begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
select throws_ok(
  'insert into public.data_exports default values',
  'CA403', 'Only she herself decides this, nobody who acts for her.', 'no agent takes all of her with it'
);
select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.data_exports (id) values ('aa730000-0000-4000-8000-00000000000a');
select throws_like('insert into public.data_exports default values', '%data_exports_open_key%', 'one is under way');

select set_config('role', 'cairn_server', true);
select is((select id from private.claim_data_export(60)), 'aa730000-0000-4000-8000-00000000000a', 'a worker makes it');
select throws_like(
  $$ update public.data_exports set status = 'ready', byte_size = 1, expires_at = now() + interval '7 days',
       storage_path = 'b0000000-0000-4000-8000-000000000002/copy.zip'
     where id = 'aa730000-0000-4000-8000-00000000000a' $$,
  '%data_exports_file_lies_in_her_own_folder%', 'and puts it into no folder but hers'
);

select * from finish();
rollback;
