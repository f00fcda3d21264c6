"""The fixtures that all other tests rest on."""

import asyncpg

from tests.fixtures.cluster import Cluster


async def test_the_cluster_answers(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.urls.superuser)

    version = await connection.fetchval("show server_version_num")

    await connection.close()
    assert int(version) >= 180000
