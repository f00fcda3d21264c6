-- as authenticated, read only
/* authenticated */
select concat(
  '{"messages":',
  (
    select concat(
      '{"edges":[',
      string_agg(
        concat(
          '{"cursor":"',
          concat(
            '07959aae.',
            (extract(epoch from t1."created_at") * 1000000)::bigint,
            '.',
            t1."turn",
            '.',
            t1."id"
          ),
          '","node":{"createdAt":"',
          to_char(t1."created_at", 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
          '","turn":',
          t1."turn",
          ',"id":"',
          t1."id",
          '"}}'
        ),
        ','
        order by t1."created_at" desc,
          t1."turn",
          t1."id"
      ),
      ']}'
    )
    from (
      select t1."created_at",
        t1."turn",
        t1."id"
      from public."messages" as t1
      where (
        (t1."created_at" < $1::timestamptz) or (
          t1."created_at" = $1::timestamptz and t1."turn" > $2::integer
        ) or (
          t1."created_at" = $1::timestamptz and t1."turn" = $2::integer and t1."id" > $3::uuid
        )
      )
      order by t1."created_at" desc,
        t1."turn",
        t1."id"
      limit 3
    ) as t1
  ),
  '}'
)
-- $1 = 2999-12-31T23:59:59.999999+00:00
-- $2 = 3
-- $3 = c8e169b0-6a4d-75ad-a208-ac05b7db63c6
