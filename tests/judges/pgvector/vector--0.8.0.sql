-- A stand-in for pgvector, for an older Postgres from npm, which comes without it: the types store
-- what they are given as text, of any length, and nothing is compared.

create type vector;
create function vector_in(cstring) returns vector language internal immutable strict parallel safe as 'textin';
create function vector_out(vector) returns cstring language internal immutable strict parallel safe as 'textout';
create function vector_typmod_in(cstring[]) returns integer
  language internal immutable strict parallel safe as 'varchartypmodin';
create function vector_typmod_out(integer) returns cstring
  language internal immutable strict parallel safe as 'varchartypmodout';
create type vector (
  input = vector_in, output = vector_out, typmod_in = vector_typmod_in, typmod_out = vector_typmod_out, like = text
);

create type halfvec;
create function halfvec_in(cstring) returns halfvec language internal immutable strict parallel safe as 'textin';
create function halfvec_out(halfvec) returns cstring language internal immutable strict parallel safe as 'textout';
create function halfvec_typmod_in(cstring[]) returns integer
  language internal immutable strict parallel safe as 'varchartypmodin';
create function halfvec_typmod_out(integer) returns cstring
  language internal immutable strict parallel safe as 'varchartypmodout';
create type halfvec (
  input = halfvec_in, output = halfvec_out, typmod_in = halfvec_typmod_in, typmod_out = halfvec_typmod_out, like = text
);

create function binary_quantize(halfvec) returns bit language sql immutable strict parallel safe
as $$ select repeat('0', 768)::bit(768) $$;
