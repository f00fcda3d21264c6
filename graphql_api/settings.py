"""Settings, read from the environment once; each is documented in `cairn serve --help` and README."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between one running Cairn and another.

    Each field is the environment variable of the same name in capitals; those that are Cairn's
    own and not Supabase's begin with `CAIRN_` (`pool_size` is `CAIRN_POOL_SIZE`).
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    # Postgres (NU-018, NU-019): the whole string wins over the parts.
    supabase_database_url: SecretStr | None = None
    supabase_db_host: str | None = None
    supabase_db_port: int = Field(default=5432, ge=1, le=65535)
    supabase_db_name: str = "postgres"
    supabase_db_user: str = "cairn_api"
    supabase_db_password: SecretStr | None = None
    # The owner's login, for `cairn migrate` alone; the API never sees it.
    owner_database_url: SecretStr | None = Field(default=None, alias="CAIRN_OWNER_DATABASE_URL")
    # `transaction` behind a transaction-mode pooler (Supavisor on 6543): no prepared statements.
    pooler: Literal["session", "transaction"] = Field(default="session", alias="CAIRN_POOLER")

    # Redis (NU-023).
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")

    # Tokens: a secret (HS256) or a key set (ES256, RS256), or both while moving from one to the other.
    supabase_url: str | None = None
    supabase_jwt_secret: SecretStr | None = None
    supabase_jwks_url: str | None = None
    jwt_audience: str = Field(default="authenticated", alias="CAIRN_JWT_AUDIENCE")
    jwt_issuer: str | None = Field(default=None, alias="CAIRN_JWT_ISSUER")
    jwt_leeway: timedelta = Field(default=timedelta(seconds=5), alias="CAIRN_JWT_LEEWAY")
    token_cache_size: int = Field(default=20_000, ge=1, alias="CAIRN_TOKEN_CACHE_SIZE")

    # HTTP.
    environment: Literal["development", "production"] = Field(
        default="production", alias="CAIRN_ENVIRONMENT"
    )
    host: str = Field(default="127.0.0.1", alias="CAIRN_HOST")
    port: int = Field(default=8000, ge=0, le=65535, alias="CAIRN_PORT")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), alias="CAIRN_CORS_ORIGINS"
    )
    # A message is at most 32,000 characters, 128 kB in UTF-8; JSON may escape each of them.
    body_limit_bytes: int = Field(default=512 * 1024, ge=1024, alias="CAIRN_BODY_LIMIT_BYTES")
    # `/metrics` for Prometheus on the same port, without a token: keep it from the public in front.
    metrics: bool = Field(default=False, alias="CAIRN_METRICS")
    shutdown_grace: timedelta = Field(default=timedelta(seconds=10), alias="CAIRN_SHUTDOWN_GRACE")

    # Limits of one operation, counted in its document before anything runs.
    max_depth: int = Field(default=12, ge=1, alias="CAIRN_MAX_DEPTH")
    max_tokens: int = Field(default=2_000, ge=1, alias="CAIRN_MAX_TOKENS")
    max_aliases: int = Field(default=30, ge=0, alias="CAIRN_MAX_ALIASES")
    max_directives: int = Field(default=50, ge=0, alias="CAIRN_MAX_DIRECTIVES")
    # Rows an operation may ask for: page sizes multiplied down the tree, known once variables are.
    max_cost: int = Field(default=20_000, ge=1, alias="CAIRN_MAX_COST")
    plan_cache_size: int = Field(default=1_000, ge=1, alias="CAIRN_PLAN_CACHE_SIZE")

    # Sessions with Postgres (NU-020: 10 to 20 connections).
    pool_size: int = Field(default=10, ge=1, le=500, alias="CAIRN_POOL_SIZE")
    acquire_timeout: timedelta = Field(default=timedelta(seconds=2), alias="CAIRN_ACQUIRE_TIMEOUT")
    query_timeout: timedelta = Field(default=timedelta(seconds=5), alias="CAIRN_QUERY_TIMEOUT")
    mutation_timeout: timedelta = Field(
        default=timedelta(seconds=10), alias="CAIRN_MUTATION_TIMEOUT"
    )
    lock_timeout: timedelta = Field(default=timedelta(seconds=4), alias="CAIRN_LOCK_TIMEOUT")
    connection_lifetime: timedelta = Field(
        default=timedelta(hours=1), alias="CAIRN_CONNECTION_LIFETIME"
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        """`https://a.example,https://b.example` as in every .env file."""
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

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
