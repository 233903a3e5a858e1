"""The servers of the tests are the real ones, and our clients can talk to them."""

import uuid

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from tests.servers.fixtures import KafkaBroker
from tests.servers.postgres import PostgresDatabases


@pytest.mark.kafka
def test_a_record_travels_through_a_real_kafka_broker(kafka_server: KafkaBroker) -> None:
    topic = f"servers-{uuid.uuid4().hex}"
    servers = kafka_server.bootstrap_servers
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    assert admin.describe_cluster()["brokers"]
    admin.close()

    producer = KafkaProducer(bootstrap_servers=servers)
    sent = producer.send(topic, key=b"key", value=b"value").get(timeout=20)
    producer.close()
    consumer = KafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    received = next(consumer)
    consumer.close()

    assert sent.offset == 0
    assert (received.key, received.value) == (b"key", b"value")


@pytest.mark.postgres
def test_a_database_is_made_in_a_real_postgresql(postgres_server: PostgresDatabases) -> None:
    url = postgres_server.create_database("servers_probe")

    assert url.startswith("postgresql+psycopg://")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT current_database(), current_setting('server_version_num')")
        name, number = row.fetchone() or ("", "0")
    assert name == "servers_probe"
    assert int(number) >= 140000
