"""A real Apache Kafka broker for tests: one KRaft node on loopback, from Kafka's own jars.

Set KAFKA_BOOTSTRAP_SERVERS to use a broker that already runs; then nothing is started.
"""

import base64
import os
import shutil
import signal
import tempfile
import uuid
from pathlib import Path

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from scripts import kafka_jars
from tests.servers.own_server import OwnServer
from tests.servers.processes import (
    ServerDidNotStart,
    accepts_connections,
    free_port,
    spawn,
    wait_until_ready,
)

START_TIMEOUT_SECONDS = 120.0
_JVM = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}{proxied}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{proxied_seen_at}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT{proxied_protocol}
log.dirs={data}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.session.timeout.ms=1000
log.cleaner.backoff.ms=200
log.retention.check.interval.ms=1000
log.initial.task.delay.ms=500
num.network.threads=2
num.io.threads=4
"""


class KafkaServer(OwnServer):
    """Reached by `bootstrap_servers`."""

    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, *, own: bool = False, seen_at: int | None = None) -> None:
        """`own`: start one even if KAFKA_BOOTSTRAP_SERVERS is set, because the test breaks it.

        `seen_at`: the port of a proxy. Who asks at `proxied_port` is sent to it, ever after.
        """
        self._seen_at = seen_at
        self.proxied_port = 0
        super().__init__("" if own else os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""))

    @property
    def bootstrap_servers(self) -> str:
        return self._external or f"127.0.0.1:{self._port}"

    def address(self) -> dict[str, str]:
        return {"bootstrap_servers": self.bootstrap_servers}

    def _prepare(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="convene-kafka-"))
        self._port = free_port()
        settings = _PROPERTIES.format(
            port=self._port,
            controller_port=free_port(),
            data=self.data_folder,
            **self._second_listener(),
        )
        (self._folder / "server.properties").write_text(settings)
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if cluster_id.startswith("-"):  # the tool would take it for an option
            cluster_id = "A" + cluster_id[1:]
        log = self._folder / "format.log"
        command = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "-c"]
        formatting = spawn(self._java(*command), log)
        if formatting.wait(START_TIMEOUT_SECONDS) != 0:
            raise ServerDidNotStart(f"Kafka's storage could not be formatted:\n{log.read_text()}")

    def _second_listener(self) -> dict[str, str]:
        if self._seen_at is None:
            return dict.fromkeys(("proxied", "proxied_seen_at", "proxied_protocol"), "")
        self.proxied_port = free_port()
        return {
            "proxied": f",PROXIED://127.0.0.1:{self.proxied_port}",
            "proxied_seen_at": f",PROXIED://127.0.0.1:{self._seen_at}",
            "proxied_protocol": ",PROXIED:PLAINTEXT",
        }

    def _run(self) -> None:
        log = self.folder / "broker.log"
        self._process = spawn(self._java("kafka.Kafka"), log)
        wait_until_ready(self._process, self._answers, START_TIMEOUT_SECONDS, log)

    def _java(self, *arguments: str) -> list[str]:
        java = shutil.which("java")
        if java is None:
            raise ServerDidNotStart("Java is not installed; run `python -m scripts.provision`")
        logging = f"-Dlog4j2.configurationFile={kafka_jars.LOG4J}"
        properties = str(self.folder / "server.properties")
        return [java, *_JVM, logging, "-cp", kafka_jars.classpath(), *arguments, properties]

    def _answers(self) -> bool:
        if not accepts_connections(self._port):
            return False
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=self.bootstrap_servers, bootstrap_timeout_ms=2000
            )
        except KafkaError:
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except KafkaError:
            return False
        finally:
            admin.close()
