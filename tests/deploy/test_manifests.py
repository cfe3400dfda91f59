"""The manifests agree with themselves and with the flow that they start."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.addresses import parse_address
from tests.deploy.test_command_lines import DEPLOY, containers, manifests, taken


def of_kind(kind: str, name: str = "riskdesk-flow") -> dict[str, Any]:
    (found,) = (each for each in manifests() if each["kind"] == kind and each["metadata"]["name"] == name)
    return found


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
