"""The manifests are valid, and keep the rules of an operator who reads them before applying them."""

import re
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import pytest
import typer
import yaml

from pipelines.cli import app
from pipelines.config import load_settings
from pipelines.remote.home import check_decisions

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
KUBERNETES = ("1.31", "1.34", "1.37")
OURS = "b12-care-gaps"


def documents() -> Iterator[tuple[str, dict]]:
    for path in FILES:
        for document in yaml.safe_load_all(path.read_text()):
            yield f"{path.stem}: {document['kind']} {document['metadata']['name']}", document


DOCUMENTS = dict(documents())


def pod_of(document: dict) -> dict | None:
    """The pod that an object makes; null when it makes none."""
    spec = document.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template", {}).get("spec")


PODS = {name: pod_of(document) for name, document in DOCUMENTS.items() if pod_of(document)}
CONTAINERS = {
    f"{name}, {container['name']}": (pod, container) for name, pod in PODS.items() for container in pod["containers"]
}


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_an_object_is_valid_to_the_schema_of_kubernetes_and_has_no_key_besides(name, version):
    kubernetes_validate.validate(DOCUMENTS[name], version, strict=True)


def test_a_key_that_kubernetes_does_not_know_is_found():
    wrong = {**DOCUMENTS["namespace: Namespace b12"], "metadatas": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES[0], strict=True)


def test_the_kustomization_names_every_file_and_sets_the_tag_of_the_image():
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    assert sorted(kustomization["resources"]) == [path.name for path in FILES]
    tag = kustomization["images"][0]["newTag"]
    assert kustomization["images"][0]["name"] == OURS
    assert {c["image"] for _, c in CONTAINERS.values() if c["image"].startswith(OURS)} == {f"{OURS}:{tag}"}
    assert f'version = "{tag}"' in (FOLDER.parents[1] / "pyproject.toml").read_text()


def test_no_secret_is_written_down():
    assert not [name for name, document in DOCUMENTS.items() if document["kind"] == "Secret"]
    for _, container in CONTAINERS.values():
        for variable in container.get("env", []):
            if re.search(r"PASSWORD|SECRET|KEY|URL", variable["name"]):
                assert "secretKeyRef" in variable["valueFrom"], variable["name"]


@pytest.mark.parametrize("name", list(CONTAINERS))
def test_a_container_has_a_fixed_image_no_rights_and_bounds(name):
    pod, container = CONTAINERS[name]
    assert re.search(r":\d+\.\d+", container["image"])
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", list(CONTAINERS))
def test_what_runs_all_day_is_probed_and_what_ends_has_a_last_moment(name):
    kind = DOCUMENTS[name.split(",")[0]]
    _, container = CONTAINERS[name]
    if kind["kind"] == "CronJob":
        assert kind["spec"]["concurrencyPolicy"] == "Forbid"
        assert kind["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 0
    else:
        assert {"readinessProbe", "livenessProbe"} <= set(container)
        ports = {port["name"] for port in container["ports"]}
        for probe in (container["readinessProbe"], container["livenessProbe"]):
            asked = probe.get("httpGet") or probe.get("tcpSocket")
            assert asked is None or asked["port"] in ports


@pytest.mark.parametrize("name", list(PODS))
def test_every_volume_that_is_mounted_is_there_and_every_claim_is_made(name):
    pod, claims = PODS[name], {n.split()[-1] for n in DOCUMENTS if "PersistentVolumeClaim" in n}
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {each["metadata"]["name"] for each in DOCUMENTS[name]["spec"].get("volumeClaimTemplates", [])}
    assert {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]} == volumes
    assert {v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v} <= claims


@pytest.mark.parametrize("name", [n for n, (_, c) in CONTAINERS.items() if "args" in c])
def test_the_commands_are_commands_of_b12(name):
    _, container = CONTAINERS[name]
    of_group = [arg for arg in container["args"] if arg.startswith("--config")]
    command, *options = container["args"][len(of_group) :]
    group = typer.main.get_command(app)
    environment = DOCUMENTS["configuration: ConfigMap b12-environment"]["data"]
    known = {option for parameter in group.commands[command].params for option in parameter.opts}
    assert {option.split("=")[0] for option in options} <= known
    needed = {p.envvar for p in group.commands[command].params if p.required}
    assert needed <= set(environment)
    assert all("=" in option for option in of_group)


def test_the_configuration_is_one_that_b12_takes(tmp_path, monkeypatch):
    (tmp_path / "b12.toml").write_text(DOCUMENTS["configuration: ConfigMap b12-configuration"]["data"]["b12.toml"])
    settings = load_settings(tmp_path / "b12.toml")
    assert settings.timezone == DOCUMENTS["night: CronJob night"]["spec"]["timeZone"]
    mounts = {mount["mountPath"] for mount in CONTAINERS["review: Deployment review, review"][1]["volumeMounts"]}
    assert str(Path(settings.review.proxy.secret_file).parent) in mounts
    monkeypatch.setenv("B12_DECISIONS_URL", "postgresql://b12@postgresql/b12")  # of the secret
    check_decisions(settings, "s3://hospital/b12")


def test_a_service_and_a_policy_select_pods_that_exist():
    labels = [
        document["spec"].get("jobTemplate", document)["spec"]["template"]["metadata"]["labels"]
        for document in DOCUMENTS.values()
        if pod_of(document)
    ]
    for name, document in DOCUMENTS.items():
        if document["kind"] == "Service":
            assert document["spec"]["selector"] in labels, name
        if document["kind"] == "NetworkPolicy":
            chosen = document["spec"]["podSelector"].get("matchLabels")
            assert chosen is None or chosen in labels, name
            rules = [peer for rule in document["spec"].get("ingress", []) for peer in rule["from"]]
            for peer in rules:
                assert "namespaceSelector" in peer or peer["podSelector"]["matchLabels"] in labels, name


def test_the_image_copies_what_the_package_is_made_of_and_names_no_index():
    text = (FOLDER.parent / "Containerfile").read_text()
    for name in ("pipelines", "sql", "expectations", "notebooks", "requirements.lock", "pyproject.toml"):
        assert re.search(rf"^COPY .*{re.escape(name)}", text, re.MULTILINE), name
    assert "index" not in text
    assert not re.search(r"^FROM \S+(:latest)?$", re.sub(r"^FROM \S+:\d\S*( AS \w+)?$", "", text, flags=re.MULTILINE))
