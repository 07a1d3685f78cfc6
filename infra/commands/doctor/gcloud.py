"""Reads from the project with gcloud, as installed and logged in here."""

import json
import os
import shutil
import subprocess
from functools import cached_property
from typing import Any

from infra.commands.cures import unusable
from infra.commands.unusable import NotChecked

_SECONDS = 60


class Gcloud:
    """Runs read-only gcloud commands in one project and region."""

    def __init__(self, project: str, region: str) -> None:
        self._project = project
        self._region = region
        self._program = shutil.which("gcloud")

    def service(self, name: str) -> "Deployed":
        return Deployed(self.read("run", "services", "describe", name, f"--region={self._region}"))

    def job(self, name: str) -> "Deployed":
        return Deployed(self.read("run", "jobs", "describe", name, f"--region={self._region}"))

    def schedule(self, name: str) -> dict[str, Any]:
        """What starts a job."""
        command = ("scheduler", "jobs", "describe", name, f"--location={self._region}")
        described: dict[str, Any] = self.read(*command)
        return described

    def forbids_public_access(self) -> bool:
        """Whether the organisation's policy lets no right be given to allUsers."""
        constraint = "iam.allowedPolicyMemberDomains"
        policy = self.read(
            "resource-manager", "org-policies", "describe", constraint, "--effective"
        )
        return "allowedValues" in policy.get("listPolicy", {})

    @cached_property
    def project_policy(self) -> "Policy":
        return Policy(self.read("projects", "get-iam-policy", self._project))

    def service_policy(self, service: str) -> "Policy":
        """Who may do what with a Cloud Run service."""
        region = f"--region={self._region}"
        return Policy(self.read("run", "services", "get-iam-policy", service, region))

    def read(self, *command: str) -> Any:
        """The output of a command. Raises Unusable or a subclass."""
        if self._program is None:
            raise NotChecked("gcloud is not installed", "https://cloud.google.com/sdk/docs/install")
        # --project is also allowed where the command takes the project as its argument.
        arguments = [*command, f"--project={self._project}", "--format=json"]
        environ = {**os.environ, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
        try:
            done = subprocess.run(
                [self._program, *arguments],
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise NotChecked("gcloud does not answer", "try again") from None
        if done.returncode:
            raise unusable("gcloud", done.stderr, command=" ".join(command), project=self._project)
        return json.loads(done.stdout or "null")


class Deployed:
    """A Cloud Run service or job."""

    def __init__(self, resource: dict[str, Any]) -> None:
        annotations = resource.get("metadata", {}).get("annotations", {})
        status = resource.get("status", {})
        run = resource["spec"]["template"]["spec"]
        run = run.get("template", {}).get("spec", run)  # a job's is inside an execution's
        self.account = f"serviceAccount:{run.get('serviceAccountName', '')}"
        self.variables: dict[str, str] = {
            each["name"]: each["value"]
            for each in run["containers"][0].get("env", ())
            if "value" in each  # not from a secret
        }
        self.url: str = status.get("url", "")
        self.urls = {self.url, *json.loads(annotations.get("run.googleapis.com/urls", "[]"))}
        self.is_unchecked = annotations.get("run.googleapis.com/invoker-iam-disabled") == "true"
        """Whether everybody may call it, whatever their rights."""
        self.problem = next(
            (
                str(each.get("message", "no reason given"))
                for each in status.get("conditions", ())
                if each["type"] == "Ready" and each["status"] != "True"
            ),
            None,
        )
        """Why it does not work, if so."""


class Policy:
    """Who has which roles. A conditional binding counts if its condition names `under`."""

    def __init__(self, policy: dict[str, Any]) -> None:
        self._bindings: list[dict[str, Any]] = policy.get("bindings", [])

    def members(self, roles: set[str], under: str = "") -> set[str]:
        """The members with one of the roles: "serviceAccount:...", "allUsers" and so on."""
        return {
            member
            for binding in self._bindings
            if binding["role"] in roles and _holds(binding.get("condition"), under)
            for member in binding.get("members", ())
        }


def _holds(condition: dict[str, Any] | None, under: str) -> bool:
    return condition is None or bool(under and f'"{under}"' in condition.get("expression", ""))
