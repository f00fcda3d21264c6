"""`python -m graphql_api` is `cairn`."""

from graphql_api.cli import main

main()
