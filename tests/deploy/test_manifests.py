"""The manifests agree with themselves and with the flow that they start."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cases.store import open_store
from config.addresses import parse_address
from desk.app import create_app
from desk.settings import DeskSettings
from tests.deploy.test_command_lines import DEPLOY, containers, manifests, taken


def of_kind(kind: str, name: str = "riskdesk-flow") -> dict[str, Any]:
    (found,) = (each for each in manifests() if each["kind"] == kind and each["metadata"]["name"] == name)
    return found


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[TestClient]:
    """Whoever asks the web desk without a session."""
    with open_store(f"sqlite:///{tmp_path}/desk.db") as store:
        yield TestClient(create_app(store, DeskSettings(behind_proxy=True), lambda: 0))


def test_every_mount_has_its_volume() -> None:
    for name, pod, _ in containers():
        volumes = {volume["name"] for volume in pod["volumes"]}
        if name == "riskdesk-flow":
            templates = of_kind("StatefulSet")["spec"]["volumeClaimTemplates"]
            volumes |= {template["metadata"]["name"] for template in templates}
        mounted = {
            mount["name"]
            for container in (*pod["containers"], *pod["initContainers"])
            for mount in container["volumeMounts"]
        }
        assert mounted == volumes


def test_every_reference_has_what_it_names() -> None:
    there = {(each["kind"], each["metadata"]["name"]) for each in manifests()}
    keys = {
        each["metadata"]["name"]: set(each["stringData"]) for each in manifests() if each["kind"] == "Secret"
    }
    for _, pod, container in containers():
        for source in container["envFrom"]:
            assert ("ConfigMap", source["configMapRef"]["name"]) in there
        for variable in container["env"]:
            if secret := variable["valueFrom"].get("secretKeyRef"):
                assert secret["key"] in keys[secret["name"]]
        for volume in pod["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in there
            if "secret" in volume:
                assert ("Secret", volume["secret"]["secretName"]) in there


def test_pods_are_chosen_by_the_labels_that_they_have() -> None:
    labels = [
        each["spec"]["template"]["metadata"]["labels"]
        for each in manifests()
        if "template" in each.get("spec", {})
    ]
    for each in manifests():
        spec = each.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector")
        if selector:
            wanted = selector.get("matchLabels", selector)
            assert any(wanted.items() <= found.items() for found in labels), each["metadata"]["name"]


def test_the_machines_of_the_cluster_are_the_pods_of_the_set() -> None:
    flow = of_kind("StatefulSet")
    (container,) = flow["spec"]["template"]["spec"]["containers"]
    addresses = [parse_address(text) for text in taken(container["args"])["addresses"].split(",")]
    service = flow["spec"]["serviceName"]
    assert [address.host for address in addresses] == [
        f"riskdesk-flow-{index}.{service}" for index in range(flow["spec"]["replicas"])
    ]
    ports = {port["containerPort"] for port in container["ports"]}
    assert {address.port for address in addresses} | {address.behind.port for address in addresses} <= ports
    assert of_kind("Service")["spec"]["publishNotReadyAddresses"]
    assert flow["spec"]["podManagementPolicy"] == "Parallel"


def test_probes_ask_where_the_flow_answers() -> None:
    (container,) = of_kind("StatefulSet")["spec"]["template"]["spec"]["containers"]
    named = {port["name"]: port["containerPort"] for port in container["ports"]}
    served = int(taken(container["args"])["metrics_port"])
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        asked = container[probe]["httpGet"]
        assert named[asked["port"]] == served
        assert asked["path"] == ("/readyz" if probe == "readinessProbe" else "/healthz")


def web() -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the pod of the web desk, and its container."""
    pod = of_kind("Deployment", "riskdesk-web")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return pod, container


def test_people_reach_the_web_desk_through_tls_and_the_ingress_alone() -> None:
    _, container = web()
    given = taken(container["args"])
    (port,) = container["ports"]
    assert (given["behind_proxy"], int(given["port"])) == (True, port["containerPort"])
    (opened,) = of_kind("Service", "riskdesk-web")["spec"]["ports"]
    assert opened["targetPort"] == port["name"]
    ingress = of_kind("Ingress", "riskdesk-web")["spec"]
    hosts = {rule["host"] for rule in ingress["rules"]}
    assert {host for each in ingress["tls"] for host in each["hosts"]} == hosts
    (path,) = ingress["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "riskdesk-web", "port": {"name": opened["name"]}}
    (rule,) = of_kind("NetworkPolicy", "riskdesk-web")["spec"]["ingress"]
    assert rule["ports"] == [{"port": port["containerPort"]}]
    assert len(rule["from"]) == 1


def test_the_web_desk_is_asked_whether_it_is_ready_and_not_begun_anew_for_a_store_that_is_away(
    stranger: TestClient,
) -> None:
    _, container = web()
    asked = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("readiness", "liveness")}
    assert asked["readiness"] == "/healthz"
    assert asked["liveness"] == container["startupProbe"]["httpGet"]["path"] != "/healthz"
    assert {stranger.get(path).status_code for path in asked.values()} == {200}


def test_pods_that_need_it_have_the_key_of_the_accounts() -> None:
    names = {"riskdesk-web", "riskdesk-outbox"}  # codes of people, secrets of subscribers
    for name, pod, _ in containers():
        (keys,) = pod["initContainers"]
        assert ("/secret/accounts.key" in keys["command"]) is (name in names), name


def test_only_the_pods_of_the_flow_reach_the_ports_of_the_cluster() -> None:
    policy = of_kind("NetworkPolicy")["spec"]
    opened = [rule for rule in policy["ingress"] if {"port": 9401} in rule["ports"]]
    assert [rule["from"] for rule in opened] == [[{"podSelector": policy["podSelector"]}]]


def test_a_service_has_time_to_end_before_it_is_killed() -> None:
    (container,) = of_kind("StatefulSet")["spec"]["template"]["spec"]["containers"]
    pod = of_kind("StatefulSet")["spec"]["template"]["spec"]
    assert float(taken(container["args"])["grace_s"]) < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("unit", sorted(path.name for path in (DEPLOY / "systemd").glob("*.service")))
def test_systemd_takes_the_unit(unit: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("NOT TESTED WITH SYSTEMD: there is no systemd-analyze")
    name = unit.replace("@.", "@card-risk.")
    program = shutil.which("true")
    written = (DEPLOY / "systemd" / unit).read_text("utf-8")
    (tmp_path / name).write_text(written.replace("/opt/riskdesk/bin/riskdesk", str(program)), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
