"""Life: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

# What an entry says: she fills it in, and so does the server in her name.
SAID = {
    "user_people": {
        "name", "relation", "relation_in_her_words", "closeness", "influence", "contact_frequency",
        "known_since", "has_died", "may_be_mentioned", "notes",
    },
    "user_support_system": {
        "person_id", "name", "kind", "main_support", "availability", "reliability", "is_for_crisis",
        "what_makes_it_hard_to_ask", "notes",
    },
    "user_previous_therapy": {
        "name", "approach", "setting", "started_on", "ended_on", "sessions_about", "reason",
        "ending", "helpfulness", "what_helped", "what_did_not_help", "would_return",
    },
    "user_mood_trends": {
        "measured_at", "mood", "energy", "anxiety", "note",
    },
    "user_emotional_states": {
        "felt_at", "emotion", "family", "intensity", "prompted_by", "thought", "body_signs", "urge",
        "response", "lasted_minutes",
    },
    "user_daily_habits": {
        "name", "effect", "status", "frequency", "day_part", "usual_time", "takes_minutes",
        "is_wanted", "automaticity", "cue", "reward", "started_on",
    },
    "user_current_practices": {
        "name", "kind", "status", "frequency", "takes_minutes", "helpfulness", "intention",
        "obstacles", "started_on", "last_practised_on",
    },
    "user_current_stressors": {
        "name", "area", "intensity", "controllability", "frequency", "description", "what_helps",
        "next_step", "started_on", "ended_on",
    },
    "user_themes": {
        "name", "description", "in_her_words", "domain", "status", "intensity", "frequency",
        "evidence", "first_noticed_on", "last_noticed_on",
    },
    "user_emotional_patterns": {
        "name", "family", "beneath", "status", "triggers", "body_signs", "response", "need",
        "what_helps", "intensity", "frequency", "settles_in_minutes", "evidence",
        "first_noticed_on",
    },
    "user_pattern_loops": {
        "name", "status", "trigger", "thought", "feeling", "behaviour", "relief", "cost", "way_out",
        "strength", "frequency", "evidence", "first_noticed_on",
    },
    "user_shadow_themes": {
        "name", "status", "shows_as", "met_in_others", "guards", "gift", "origin_story", "triggers",
        "charge", "integration", "evidence", "first_noticed_on",
    },
    "user_ancestral_issues": {
        "name", "kind", "line", "generations_back", "status", "handed_down_by", "message",
        "effect_today", "strength_kept", "burden", "evidence", "first_noticed_on",
    },
    "user_relationship_dynamics": {
        "person_id", "name", "kind", "status", "triggers", "her_part", "their_part", "her_need",
        "what_helps", "distress", "frequency", "evidence", "first_noticed_on",
    },
    "user_dysregulating_factors": {
        "name", "kind", "direction", "intensity", "frequency", "early_signs", "is_avoidable",
        "what_helps", "recovery_minutes", "notes", "last_met_on",
    },
    "user_insight_notes": {
        "theme_id", "insight", "kind", "domain", "noted_at", "feels_true", "changes", "next_step",
        "is_pinned",
    },
    "user_value_compass": {
        "name", "domain", "importance", "lived", "description", "obstacles", "small_step",
    },
    "user_goals": {
        "value_id", "title", "description", "kind", "domain", "status", "progress", "importance",
        "self_efficacy", "measure", "next_step", "obstacles", "closing_note", "started_on",
        "target_on",
    },
    "user_growth_milestones": {
        "goal_id", "title", "description", "domain", "achieved_on", "significance",
        "what_made_it_possible", "feeling", "celebration",
    },
    "user_growth_opportunities": {
        "name", "description", "domain", "stage", "current_level", "desired_level", "importance",
        "first_step", "obstacles", "support", "evidence",
    },
    "user_strengths": {
        "name", "kind", "virtue", "is_signature", "strength", "in_use", "how_it_shows", "evidence",
        "helps_with", "last_seen_on",
    },
    "user_role_model_traits": {
        "person_id", "trait", "role_model", "role_model_kind", "why_admired", "example",
        "in_herself", "how_to_practise",
    },
    "user_coping_tools": {
        "name", "kind", "description", "used_for", "effectiveness", "helps_later", "cost",
        "is_for_crisis", "takes_minutes", "frequency", "learned_from", "last_used_on",
    },
    "user_regulation_strategies": {
        "name", "process", "channel", "effect", "steps", "effectiveness", "works_up_to",
        "works_within_minutes", "not_when", "frequency", "last_used_on",
    },
    "user_trauma_patterns": {
        "name", "kind", "period", "status", "stage", "may_be_raised", "description", "response",
        "triggers", "body_signs", "reexperiencing", "avoidance", "sense_of_threat", "distress",
        "frequency", "grounding", "evidence", "first_noticed_on",
    },
    "user_risk_factors": {
        "name", "area", "kind", "status", "severity", "warning_signs", "protective_factors",
        "mitigation", "evidence", "first_noticed_on", "last_noticed_on", "review_on",
    },
    "user_substance_use": {
        "substance", "name", "status", "frequency", "typical_amount", "amount_unit", "heavy_use",
        "craving", "has_tried_to_stop", "feels_guilty", "others_worry", "has_had_withdrawal",
        "stage", "gives_her", "costs_her", "triggers", "what_helps", "age_at_first_use",
        "last_used_on", "abstinent_since",
    },
    "user_suicidal_thoughts": {
        "occurred_at", "ideation", "frequency", "duration", "controllability", "deterrents",
        "behaviour", "self_injury", "means_access", "distress", "triggers", "protective_factors",
        "reasons_for_living", "what_helped", "told_somebody", "passed_at", "note",
    },
}  # fmt: skip

WRITES: Writes = {
    key: columns
    for table, said in SAID.items()
    for key, columns in {
        ("authenticated", table, "insert"): said | {"id"},
        # What was inferred waits for her word; where it came from is the server's to say.
        ("authenticated", table, "update"): said | {"is_confirmed"},
        ("authenticated", table, "delete"): set[str](),
        ("cairn_server", table, "insert"): {
            "origin", "is_confirmed", "confidence", "source_message_id",
        },
        ("cairn_server", table, "update"): {"confidence", "source_message_id"},
    }.items()
} | {
    ("cairn_server", "user_emotional_trends", "insert"): {
        "id", "period", "starts_on", "measurements", "mood_average", "mood_low", "mood_high",
        "mood_change", "direction", "energy_average", "anxiety_average", "feelings",
        "leading_family",
    },
    ("cairn_server", "user_emotional_trends", "update"): {
        "measurements", "mood_average", "mood_low", "mood_high", "mood_change", "direction",
        "energy_average", "anxiety_average", "feelings", "leading_family",
    },
    ("cairn_server", "user_emotional_trends", "delete"): set(),
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "private-execute": {
        "private.is_sensitive": "names of tables only; for public.memory_categories",
        "private.is_short_list": "the checks of her own rows call it with her rights",
    },
}
