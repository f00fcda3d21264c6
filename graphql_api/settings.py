"""Settings, read from the environment once; each is documented in `cairn serve --help`."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

# What `cairn serve` and `cairn worker` say when it is not set.
NO_DATABASE = "No database: set SUPABASE_DATABASE_URL to the URL that `cairn migrate` prints."
NO_MODEL = "No model to answer: set CHAT_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL."


def _from_seconds(value: object) -> object:
    """Read `2.5` as seconds; what else may stand there (`PT2M`) is left to pydantic."""
    if isinstance(value, str):
        with suppress(ValueError, OverflowError):
            return timedelta(seconds=float(value))
    return value


Seconds = Annotated[timedelta, BeforeValidator(_from_seconds)]
# Never zero, which Postgres takes for "without end".
Duration = Annotated[Seconds, Field(ge=timedelta(milliseconds=1), le=timedelta(days=1))]


class Settings(BaseSettings):
    """Everything that differs between one running Cairn and another.

    Each field is the environment variable of the same name in capitals; those that are Cairn's
    own and not Supabase's begin with `CAIRN_` (`pool_size` is `CAIRN_POOL_SIZE`). The text below
    each is what `cairn serve --help` says of it.
    """

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )

    # Postgres (NU-018, NU-019).
    supabase_database_url: SecretStr | None = None
    """The database, as `cairn_api`: the URL that `cairn migrate` prints. Wins over the parts."""
    supabase_db_host: str | None = None
    """Its host, when there is no whole URL."""
    supabase_db_port: int = Field(default=5432, ge=1, le=65535)
    """Its port."""
    supabase_db_name: str = "postgres"
    """Its name."""
    supabase_db_user: str = "cairn_api"
    """The login; `cairn_api.PROJECT` behind Supabase's pooler."""
    supabase_db_password: SecretStr | None = None
    """The login's password."""
    owner_database_url: SecretStr | None = Field(default=None, alias="CAIRN_OWNER_DATABASE_URL")
    """The database as its owner, for `cairn migrate` and `cairn seed` alone; the API never reads it."""
    pooler: Literal["session", "transaction"] = Field(default="session", alias="CAIRN_POOLER")
    """`transaction` behind a transaction-mode pooler (Supabase's port 6543): no prepared statements."""

    # Redis (NU-023).
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """Redis or Valkey. Without it the API serves on, and a sign-out is heard a second later."""

    # Tokens.
    supabase_url: str | None = None
    """The Supabase project; its key set verifies tokens (ES256, RS256)."""
    supabase_jwt_secret: SecretStr | None = None
    """The secret of tokens (HS256), 32 bytes or more; beside a key set while moving to one."""
    supabase_jwks_url: str | None = None
    """The key set, when it is not at SUPABASE_URL's well-known path."""
    jwt_audience: str = Field(default="authenticated", alias="CAIRN_JWT_AUDIENCE")
    """The `aud` that a token must have."""
    jwt_issuer: str | None = Field(default=None, alias="CAIRN_JWT_ISSUER")
    """The `iss` that a token must have; any when not set."""
    jwt_leeway: Seconds = Field(
        default=timedelta(seconds=5),
        ge=timedelta(0),
        le=timedelta(minutes=5),
        alias="CAIRN_JWT_LEEWAY",
    )
    """How far the clocks of issuer and server may differ."""
    token_cache_size: int = Field(default=20_000, ge=1, alias="CAIRN_TOKEN_CACHE_SIZE")
    """Verified tokens remembered until they expire."""

    # HTTP.
    environment: Literal["development", "production"] = Field(
        default="production", alias="CAIRN_ENVIRONMENT"
    )
    """`development` serves /metrics and writes logs for people; otherwise they are JSON."""
    host: str = Field(default="127.0.0.1", alias="CAIRN_HOST")
    """The address to listen on; `0.0.0.0` for all."""
    port: int = Field(default=8000, ge=0, le=65535, alias="CAIRN_PORT")
    """The port to listen on."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), alias="CAIRN_CORS_ORIGINS"
    )
    """Origins of the web pages that may call, with commas between: https://app.example."""
    # A message is at most 32,000 characters, 128 kB in UTF-8; JSON may escape each of them.
    body_limit_bytes: int = Field(default=512 * 1024, ge=1024, alias="CAIRN_BODY_LIMIT_BYTES")
    """The largest request body."""
    answer_limit_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1024, alias="CAIRN_ANSWER_LIMIT_BYTES"
    )
    """The largest answer; whoever asks for more is told to ask for smaller pages."""
    send_timeout: Duration = Field(default=timedelta(seconds=30), alias="CAIRN_SEND_TIMEOUT")
    """How long a client may read nothing of its answer before it is cut off."""
    metrics: bool = Field(default=False, alias="CAIRN_METRICS")
    """Serve /metrics for Prometheus, on the same port and without a token: keep the public from it."""
    shutdown_grace: Duration = Field(default=timedelta(seconds=10), alias="CAIRN_SHUTDOWN_GRACE")
    """How long requests under way may take to end after a stop signal; whole seconds, rounded up."""

    # What is live: WebSockets and event streams.
    live_init_timeout: Duration = Field(
        default=timedelta(seconds=5), alias="CAIRN_LIVE_INIT_TIMEOUT"
    )
    """How long a new socket may take to say who it is."""
    live_send_timeout: Duration = Field(
        default=timedelta(seconds=10), alias="CAIRN_LIVE_SEND_TIMEOUT"
    )
    """How long a socket may read next to nothing of what it is sent before it is closed with 1013."""
    live_ping_interval: Duration = Field(
        default=timedelta(seconds=25), alias="CAIRN_LIVE_PING_INTERVAL"
    )
    """How often a silent socket is pinged; it is closed when it does not answer for as long."""
    live_operations: int = Field(default=100, ge=1, alias="CAIRN_LIVE_OPERATIONS")
    """Operations that may be open at a time on one socket."""
    live_connections: int = Field(default=50, ge=1, alias="CAIRN_LIVE_CONNECTIONS")
    """Sockets and event streams that one user may have open at one process."""
    live_subscriptions: int = Field(default=200, ge=1, alias="CAIRN_LIVE_SUBSCRIPTIONS")
    """Subscriptions that one user may have open at one process: each reads what happens to her."""

    # Limits of one operation.
    max_depth: int = Field(default=12, ge=1, alias="CAIRN_MAX_DEPTH")
    """How deep the fields of an operation may nest."""
    max_tokens: int = Field(default=2_000, ge=1, alias="CAIRN_MAX_TOKENS")
    """How many words and signs a document may have."""
    # The standard introspection query has 239.
    max_fields: int = Field(default=300, ge=1, alias="CAIRN_MAX_FIELDS")
    """How many fields and fragments a document may ask, counted as often as they are spread."""
    max_aliases: int = Field(default=30, ge=0, alias="CAIRN_MAX_ALIASES")
    """How many aliases a document may have."""
    max_directives: int = Field(default=50, ge=0, alias="CAIRN_MAX_DIRECTIVES")
    """How many directives a document may have."""
    max_cost: int = Field(default=20_000, ge=1, alias="CAIRN_MAX_COST")
    """Rows that an operation may ask for: page sizes multiplied down the tree."""
    plan_cache_size: int = Field(default=1_000, ge=1, alias="CAIRN_PLAN_CACHE_SIZE")
    """Documents whose plans are remembered."""

    # Sessions with Postgres (NU-020: 10 to 20 connections).
    pool_size: int = Field(default=10, ge=1, le=500, alias="CAIRN_POOL_SIZE")
    """Connections for requests that this process opens at most; it keeps one more for its own watch."""
    acquire_timeout: Duration = Field(default=timedelta(seconds=2), alias="CAIRN_ACQUIRE_TIMEOUT")
    """How long a request waits for a connection."""
    query_timeout: Duration = Field(default=timedelta(seconds=5), alias="CAIRN_QUERY_TIMEOUT")
    """How long a query may take in Postgres."""
    mutation_timeout: Duration = Field(
        default=timedelta(seconds=10), alias="CAIRN_MUTATION_TIMEOUT"
    )
    """How long one mutation field may take in Postgres."""
    lock_timeout: Duration = Field(default=timedelta(seconds=4), alias="CAIRN_LOCK_TIMEOUT")
    """How long a statement waits for a row that another one is changing."""
    connection_lifetime: Duration = Field(
        default=timedelta(hours=1), alias="CAIRN_CONNECTION_LIFETIME"
    )
    """The age at which a connection is replaced by a fresh one."""

    # The companion's language model: any endpoint that speaks as OpenAI's chat completions do.
    openai_api_key: SecretStr | None = None
    """The key of the model's endpoint; may be missing when OPENAI_BASE_URL wants none."""
    openai_base_url: str | None = None
    """Where the endpoint is, as https://api.openai.com/v1 (which it is when there is only a key)."""
    chat_model: str | None = None
    """The model that answers; nothing is sent anywhere without it."""
    model_connect_timeout: Duration = Field(
        default=timedelta(seconds=5), alias="CAIRN_MODEL_CONNECT_TIMEOUT"
    )
    """How long connecting to the model may take."""
    model_timeout: Duration = Field(default=timedelta(seconds=30), alias="CAIRN_MODEL_TIMEOUT")
    """How long the model may say nothing, before its first piece and between two; ten times that in all."""
    model_retries: int = Field(default=2, ge=0, le=5, alias="CAIRN_MODEL_RETRIES")
    """How often a question is repeated when nothing has come; never after a time-out or a first piece."""
    context_tokens: int = Field(default=6_000, ge=1_000, le=1_000_000, alias="CAIRN_CONTEXT_TOKENS")
    """How much the model may read of a conversation, instructions included, in estimated tokens."""
    reply_tokens: int = Field(default=800, ge=50, le=4_000, alias="CAIRN_REPLY_TOKENS")
    """How long one reply may be; it ends there, in mid-sentence if need be."""

    # The worker.
    worker_jobs: int = Field(default=8, ge=1, le=200, alias="CAIRN_WORKER_JOBS")
    """Replies and summaries that one worker writes at a time."""
    lease: Duration = Field(default=timedelta(seconds=30), alias="CAIRN_LEASE")
    """How long after the last sign of life of a worker another one takes its jobs over."""
    tokens_per_day: int = Field(default=200_000, ge=0, alias="CAIRN_TOKENS_PER_DAY")
    """Tokens of the language model that each person may use in 24 hours, counted by the hour."""

    @field_validator("openai_api_key", "openai_base_url", "chat_model", mode="before")
    @classmethod
    def _without_blanks(cls, value: object) -> object:
        """`CHAT_MODEL=` is none, as in many an .env file; a secret from a file ends with a newline."""
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("openai_base_url")
    @classmethod
    def _check_base_url(cls, value: str | None) -> str | None:
        """Refuse what no request could go to, and a password that would show in errors."""
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("OPENAI_BASE_URL is to be https://HOST/PATH.")
        if "@" in parts.netloc:
            raise ValueError("A key belongs in OPENAI_API_KEY, not in OPENAI_BASE_URL.")
        return value.rstrip("/")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        """`https://a.example,https://b.example` as in every .env file."""
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @property
    def has_model(self) -> bool:
        """Whether it is said which model answers, and where."""
        return bool(self.chat_model and (self.openai_api_key or self.openai_base_url))

    @property
    def database_url(self) -> str | None:
        """The URL to serve with; None when neither the string nor SUPABASE_DB_HOST is set."""
        if self.supabase_database_url is not None:
            return self.supabase_database_url.get_secret_value()
        if self.supabase_db_host is None:
            return None
        password = self.supabase_db_password
        secret = f":{quote(password.get_secret_value(), safe='')}" if password else ""
        user = quote(self.supabase_db_user, safe="")
        name = quote(self.supabase_db_name, safe="")
        return f"postgresql://{user}{secret}@{self.supabase_db_host}:{self.supabase_db_port}/{name}"

    @property
    def jwks_url(self) -> str | None:
        """Where the signing keys are: SUPABASE_JWKS_URL, else the well-known path of SUPABASE_URL."""
        if self.supabase_jwks_url:
            return self.supabase_jwks_url
        if self.supabase_url:
            return f"{self.supabase_url.rstrip('/')}/auth/v1/.well-known/jwks.json"
        return None
