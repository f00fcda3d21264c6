-- as authenticated
/* authenticated */
with written as (delete from public."conversations" where id = $1 returning "id")
select concat('{"deletedId":"', written."id", '"}')
from written
-- $1 = e0000000-0000-7000-8000-000000000005
