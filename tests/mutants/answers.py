"""Sabotages of what may be asked, what is written, and what an answer gives away."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

REQUESTS = "tests/http/test_requests.py"
LISTS = "tests/graphql/test_lists.py"
SENDING = "tests/graphql/test_sending.py"
CONVERSATIONS = "tests/graphql/test_conversations.py"
REFUSALS = "tests/graphql/test_refusals.py"
FLOODS = "tests/graphql/test_floods.py"
LARGE = "tests/http/test_large_answers.py"

# What may be asked --------------------------------------------------------------------------------

ASKING = (
    Mutant(
        "a-form-of-another-site-may-post",
        "graphql_api/http/reading.py",
        'if name != "application/json":',
        "if not name:",
        (f"{REQUESTS}::test_a_body_that_a_form_could_send_is_415",),
    ),
    Mutant(
        "a-body-without-a-length-has-no-limit",
        "graphql_api/http/reading.py",
        "if size_bytes > limit_bytes:",
        "if size_bytes < 0:",
        (f"{REQUESTS}::test_a_body_without_a_length_is_read_to_the_limit_and_no_further",),
    ),
    Mutant(
        "any-page-of-the-web-may-call",
        "graphql_api/http/origins.py",
        "allow_origins=allowed,",
        'allow_origins=("*",),',
        ("tests/http/test_app.py::test_a_page_of_somebody_else_may_not",),
    ),
    Mutant(
        "a-get-may-write",
        "graphql_api/execution.py",
        "if queries_only and not prepared.is_query:",
        "if queries_only and prepared.is_query is None:",
        (f"{REFUSALS}::test_a_get_writes_nothing",),
    ),
    Mutant(
        "a-document-may-be-as-deep-as-it-likes",
        "graphql_api/census.py",
        "if depth > self._settings.max_depth:",
        "if depth < 0:",
        (f"{REFUSALS}::test_what_is_too_much_for_one_operation_is_refused",),
    ),
    Mutant(
        "fragments-hide-what-they-hold",
        "graphql_api/census.py",
        "self.walk(self._fragments[name].selection_set, depth, place, lists)",
        "pass",
        (f"{REFUSALS}::test_what_is_too_much_for_one_operation_is_refused",),
    ),
    Mutant(
        "a-document-may-be-as-long-as-it-likes",
        "graphql_api/documents.py",
        "parse(query, max_tokens=self._settings.max_tokens)",
        "parse(query)",
        (f"{REFUSALS}::test_what_is_too_much_for_one_operation_is_refused",),
    ),
    Mutant(
        "an-operation-may-read-any-number-of-rows",
        "graphql_api/plans.py",
        "if cost > self._settings.max_cost:",
        "if cost < 0:",
        (f"{LISTS}::test_too_many_rows_at_a_time_are_refused_before_they_are_read",),
    ),
    Mutant(
        "a-page-may-be-of-any-size",
        "graphql_api/planner.py",
        "if not 0 <= size <= PAGE_MAXIMUM:",
        "if not 0 <= size:",
        (f"{LISTS}::test_a_size_in_a_variable_is_bounded_too",),
    ),
    Mutant(
        "a-cursor-of-another-order-is-taken",
        "graphql_api/cursor.py",
        "if parts[0] != order_tag(keys):",
        "if not parts[0]:",
        (f"{LISTS}::test_a_cursor_of_another_order_is_refused",),
    ),
    Mutant(
        "a-plan-remembers-who-asked-first",
        "graphql_api/planner.py",
        "lambda variables: variables[VIEWER_ID], self._one(field.type, nodes)",
        "lambda _, first=self._document.variables[VIEWER_ID]: first, self._one(field.type, nodes)",
        (f"{REFUSALS}::test_one_document_answers_each_with_her_own",),
    ),
    Mutant(
        "a-plan-is-shared-by-all-shapes-of-its-variables",
        "graphql_api/plans.py",
        "tuple(\n            (name, shape_of(variables[name], kind, exact=name in prepared.exact))",
        "tuple(\n            (name, 0)",
        (CONVERSATIONS, LISTS),
    ),
    Mutant(
        "lists-are-open-without-a-token",
        "graphql_api/plans.py",
        "if viewer.user_id is not None:\n            return",
        "return",
        (f"{LISTS}::test_a_list_needs_a_token_even_to_be_counted",),
    ),
    Mutant(
        "fields-may-be-repeated-until-validation-takes-seconds",
        "graphql_api/census.py",
        "if self._pairs > REPEATS * self._settings.max_fields:",
        "if self._pairs < 0:",
        (f"{FLOODS}::test_fields_that_validation_would_compare_too_often_are_refused",),
    ),
    Mutant(
        "the-schema-may-be-multiplied-by-itself",
        "graphql_api/census.py",
        "if lists > SCHEMA_LEVELS:",
        "if lists < 0:",
        (f"{FLOODS}::test_the_schema_is_not_multiplied_by_itself",),
    ),
    Mutant(
        "in-production-anybody-may-read-the-schema",
        "graphql_api/plans.py",
        'if asked and viewer.user_id is None and self._settings.environment == "production":',
        "if asked and viewer is None:",
        (f"{FLOODS}::test_in_production_the_schema_is_for_those_who_signed_in",),
    ),
    Mutant(
        "a-list-of-a-filter-is-bounded-once",
        "graphql_api/filters.py",
        "        _check_length(values)\n        return values",
        "        return values",
        (f"{FLOODS}::test_a_list_of_a_filter_is_bounded_at_each_request",),
    ),
    Mutant(
        "a-body-may-hold-any-number-of-values",
        "graphql_api/http/reading.py",
        "if values > MAX_VALUES:",
        "if values < 0:",
        (f"{FLOODS}::test_a_filter_of_many_values_is_refused_before_it_is_coerced",),
    ),
    Mutant(
        "a-text-may-have-any-number-of-names",
        "graphql_api/planner.py",
        "if times > MAXIMUM_NAMES and",
        "if times < 0 and",
        (f"{FLOODS}::test_one_text_has_two_names_at_most",),
    ),
    Mutant(
        "an-answer-may-be-of-any-size",
        "graphql_api/http/answers.py",
        "if len(answer.body) <= limit_bytes:",
        "if limit_bytes:",
        (f"{LARGE}::test_an_answer_over_the_limit_is_not_sent",),
    ),
    Mutant(
        "who-reads-nothing-is-waited-for",
        "graphql_api/server.py",
        "loop.call_later(self._send_seconds, self._abort, scope)",
        "loop.call_later(3600, self._abort, scope)",
        (f"{LARGE}::test_a_client_that_reads_nothing_is_cut_off",),
    ),
)

# Writing, and what an answer gives away -----------------------------------------------------------

WRITING = (
    Mutant(
        "a-repeated-create-writes-again",
        "graphql_api/fields.py",
        "key = idempotency(name, given)",
        "key = None",
        (f"{CONVERSATIONS}::test_the_same_key_gives_the_same_conversation",),
    ),
    Mutant(
        "a-key-is-claimed-and-forgotten",
        "graphql_api/mutations.py",
        "if first is not None:\n                    return",
        "if first is None:\n                    return",
        (f"{CONVERSATIONS}::test_the_same_key_gives_the_same_conversation",),
    ),
    Mutant(
        "another-message-under-the-same-key-is-taken-for-a-repetition",
        "graphql_api/mutations.py",
        "                    if is_same:",
        "                    if row_id:",
        (f"{SENDING}::test_the_same_key_with_another_body_is_a_conflict",),
    ),
    Mutant(
        "the-idempotency-hash-leaves-the-input-out",
        "graphql_api/fields.py",
        "hashlib.sha256(text).hexdigest()",
        "hashlib.sha256(key.encode()).hexdigest()",
        (f"{CONVERSATIONS}::test_the_same_key_with_another_body_is_a_conflict",),
    ),
    Mutant(
        "a-write-that-hit-nothing-is-called-a-success",
        "graphql_api/mutations.py",
        "            if json is None:\n                raise await self._nothing_written(context, step, write, role)",
        "            if json is None:\n                return 'null'",
        (f"{CONVERSATIONS}::test_what_does_not_exist_is_not_found",),
    ),
    Mutant(
        "a-stale-version-overwrites",
        "graphql_api/writes.py",
        'text += f" and version = ${len(values) + 2}"',
        'text += f" and ${len(values) + 2}::integer > 0"',
        (f"{CONVERSATIONS}::test_a_version_that_has_passed_is_a_conflict",),
    ),
    Mutant(
        "a-fault-of-ours-is-told-in-its-own-words",
        "graphql_api/http/graphql.py",
        "masked = Internal()",
        "masked = Internal(str(error))",
        (f"{REQUESTS}::test_a_fault_of_ours_is_masked",),
    ),
    Mutant(
        "a-fault-in-a-resolver-is-told-in-its-own-words",
        "graphql_api/responses.py",
        "hidden = Internal()",
        "hidden = Internal(str(error))",
        (f"{REFUSALS}::test_a_fault_in_a_resolver_is_not_told",),
    ),
    Mutant(
        "what-postgres-says-is-passed-on",
        "graphql_api/errors.py",
        "    return kind()",
        "    return kind(message)",
        (f"{REFUSALS}::test_nothing_that_postgres_says_is_passed_on_but_our_own_sentences",),
    ),
    Mutant(
        "errors-quote-the-values-of-variables",
        "graphql_api/documents.py",
        "raise RequestError([_of_variable(prepared, error) for error in values])",
        "raise RequestError(values)",
        (f"{REFUSALS}::test_a_value_that_does_not_fit_is_not_quoted",),
    ),
    Mutant(
        "errors-quote-the-values-in-a-document",
        "graphql_api/refusal.py",
        'message = "This value does not fit the type of its place."',
        "message = error.message",
        (f"{REFUSALS}::test_a_value_that_does_not_fit_is_not_quoted",),
    ),
    Mutant(
        "a-misspelt-field-is-told-what-there-is",
        "graphql_api/documents.py",
        "validate(self._schema, document, max_errors=20, hide_suggestions=True)",
        "validate(self._schema, document, max_errors=20)",
        (f"{REFUSALS}::test_a_misspelt_field_is_not_told_what_there_is",),
    ),
    Mutant(
        "logs-hold-what-an-exception-says",
        "graphql_api/logs.py",
        "type(cause).__qualname__",
        "str(cause)",
        ("tests/http/test_logs.py",),
    ),
)

MUTANTS = (*ASKING, *WRITING)
