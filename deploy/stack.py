"""Starts Prometheus, Alertmanager and Grafana on this machine's loopback, with the rules and dashboards of
this folder, and takes them down again. For deploy/watch and the end-to-end test."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

DEPLOY = pathlib.Path(__file__).resolve().parent
ROOT = DEPLOY.parent
LOOPBACK = "127.0.0.1"


class StackError(Exception):
    """A program did not start, or ended; the message has the end of what it said."""


def free_port(wanted=0):
    """`wanted` if nothing listens there, else one that is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, port))
                return probe.getsockname()[1]
    raise StackError("no free port on the loopback")


def fetch(url, timeout=5):
    """The body of a URL as text. Proxies of the environment are for elsewhere."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=timeout) as answer:
        return answer.read().decode("utf-8")


class Stack:
    """Programs, their data (in one temporary folder) and their addresses. Leave the `with` to end them."""

    def __init__(self, scrape_interval="1s"):
        self.scrape_interval = scrape_interval
        self.processes = {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="floodgauge-"))
        self.sensor_url = self.prometheus_url = self.alertmanager_url = self.grafana_url = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, name):
        return self.folder / f"{name}.log"

    def last_words(self, name, lines=15):
        return "\n".join(self.log(name).read_text("utf-8", "replace").splitlines()[-lines:])

    def start(self, name, command, environment=None):
        with open(self.log(name), "wb") as log:
            self.processes[name] = subprocess.Popen(
                [str(word) for word in command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
        return self.processes[name]

    def wait_for(self, name, url, seconds=30):
        """Until `url` answers. Raises StackError if the program ends before or time is up."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, urllib.error.URLError):
                fetch(url, timeout=1)
                return
            if self.processes[name].poll() is not None:
                raise StackError(f"{name} ended with {self.processes[name].returncode}:\n{self.last_words(name)}")
            time.sleep(0.05)
        raise StackError(f"{name} does not answer at {url}:\n{self.last_words(name)}")

    def start_sensor(self, command, address):
        """`command` is floodgauge with its arguments, told to listen at `address`."""
        self.sensor_url = f"http://{address}"
        self.start("floodgauge", command)
        self.wait_for("floodgauge", f"{self.sensor_url}/metrics")

    def start_alertmanager(self, receivers=None, port=0, text=None):
        """With the shipped configuration, or with `text`. The receivers of the shipped one post to `receivers` (a
        URL), or to nobody."""
        own = text is not None
        text = text if own else (DEPLOY / "alertmanager" / "alertmanager.yml").read_text("utf-8")
        if own:
            pass
        elif receivers:
            text = re.sub(r'url: "http://[^/"]*/', f'url: "{receivers}/', text)
        else:
            text = re.sub(r"(?m)^ *(webhook_configs:|- \{url: ).*\n", "", text)
        config = self.folder / "alertmanager.yml"
        config.write_text(text, "utf-8")
        shutil.copy(DEPLOY / "alertmanager" / "floodgauge.tmpl", self.folder)
        address = f"{LOOPBACK}:{free_port(port)}"
        self.alertmanager_url = f"http://{address}"
        self.start("alertmanager", [
            "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={self.folder}/alertmanager",
            f"--web.listen-address={address}", "--cluster.listen-address="])
        self.wait_for("alertmanager", f"{self.alertmanager_url}/-/ready")

    def start_prometheus(self, targets, port=0):
        """With the shipped rules, scraping `targets` (host:port)."""
        shutil.copytree(DEPLOY / "prometheus" / "rules", self.folder / "rules")
        text = (DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8")
        text = re.sub(r"(scrape|evaluation)_interval: \S+", rf"\1_interval: {self.scrape_interval}", text)
        text = text.replace('["127.0.0.1:9733"]', json.dumps(targets))
        alertmanagers = [urllib.parse.urlparse(self.alertmanager_url).netloc] if self.alertmanager_url else []
        text = text.replace('["127.0.0.1:9093"]', json.dumps(alertmanagers))
        config = self.folder / "prometheus.yml"
        config.write_text(text, "utf-8")
        address = f"{LOOPBACK}:{free_port(port)}"
        self.prometheus_url = f"http://{address}"
        self.start("prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/prometheus",
            f"--web.listen-address={address}"])
        self.wait_for("prometheus", f"{self.prometheus_url}/-/ready")

    def start_grafana(self, port=0):
        """With the shipped dashboards, for anybody on this machine to read. Needs grafana-server."""
        address, free = LOOPBACK, free_port(port)
        self.grafana_url = f"http://{address}:{free}"
        home = next((path for path in ("/usr/share/grafana", "/usr/local/share/grafana") if os.path.isdir(path)), None)
        self.start("grafana", ["grafana-server"] + ([f"--homepath={home}"] if home else []), {
            "GF_PATHS_DATA": str(self.folder / "grafana"),
            "GF_PATHS_LOGS": str(self.folder / "grafana-logs"),
            "GF_PATHS_PROVISIONING": str(DEPLOY / "grafana" / "provisioning"),
            "GF_SERVER_HTTP_ADDR": address,
            "GF_SERVER_HTTP_PORT": str(free),
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "FLOODGAUGE_PROMETHEUS_URL": self.prometheus_url,
            "FLOODGAUGE_DASHBOARDS": str(DEPLOY / "grafana" / "dashboards"),
        })
        self.wait_for("grafana", f"{self.grafana_url}/api/health", 60)

    def query(self, expression, start=None, end=None, step=1):
        """Prometheus's result for an expression, at once or over [start, end]. HTTP errors are raised."""
        if start is None:
            path, values = "query", {"query": expression}
        else:
            path, values = "query_range", {"query": expression, "start": start, "end": end, "step": step}
        try:
            answer = fetch(f"{self.prometheus_url}/api/v1/{path}?{urllib.parse.urlencode(values)}", 20)
        except urllib.error.HTTPError as error:
            raise StackError(f"{expression}: {error.read().decode('utf-8', 'replace')}") from error
        return json.loads(answer)["data"]["result"]
