"""What Ballast's own sources may not say, in Python and in Java."""

import ast
import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PYTHON = sorted((HOME / "python-ext/ballast").rglob("*.py"))
JAVA = sorted((HOME / "orchestrator/src/main/java").rglob("*.java"))
PICKLING = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
# torch.distributed exchanges objects between the ranks of one job by pickle, which is in torch, not here; torch.save writes
# what only torch.load opens.
CALLS = {
    "torch.load", "torch.save", "torch.hub.load", "torch.jit.load", "torch.package.PackageImporter", "numpy.load",
    "pandas.read_pickle", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.Loader", "yaml.UnsafeLoader",
    "yaml.FullLoader", "eval", "exec", "compile", "os.system", "os.popen",
}  # fmt: skip
OPENING = {"from_pretrained", "from_config"}
JAVA_SERIALIZATION = re.compile(
    r"ObjectInputStream|ObjectOutputStream|XMLDecoder|readObject\(|implements .*\bSerializable\b|ScriptEngine"
    r"|java\.rmi|XStream|enableDefaultTyping|new Yaml\("
)


def test_there_are_sources():
    assert len(PYTHON) > 80 and len(JAVA) > 300


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def faults(source: str) -> list[str]:
    """What in a Python source unpickles, evaluates text, reads YAML with types, or lets a model bring code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names if each.name.partition(".")[0] in PICKLING]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module] * (str(node.module).partition(".")[0] in PICKLING)
        elif isinstance(node, ast.Attribute | ast.Name) and _name(node).replace("np.", "numpy.") in CALLS:
            found.append(_name(node))
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            found.append("allow_pickle")
        elif isinstance(node, ast.keyword) and node.arg in ("trust_remote_code", "weights_only"):
            asked = isinstance(node.value, ast.Constant) and node.value.value is False
            found += [] if asked and node.arg == "trust_remote_code" else [node.arg]
        if isinstance(node, ast.Call):
            found += _faults_of_call(node)
    return found


def _faults_of_call(call: ast.Call) -> list[str]:
    name = _name(call.func)
    if name == "yaml.load" and len(call.args) + len(call.keywords) < 2:
        return ["yaml.load without a loader"]
    opens = name.startswith("Auto") and name.rpartition(".")[2] in OPENING
    told = {each.arg for each in call.keywords} & {"trust_remote_code", None}
    return [f"{name} without trust_remote_code=False"] if opens and not told else []


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.relative_to(HOME).as_posix())
def test_python_unpickles_nothing_and_runs_no_code_of_strangers(path):
    assert faults(path.read_text(encoding="utf-8")) == []


def test_yaml_is_loaded_in_one_place():
    """With a loader made of SafeLoader, behind the limits of `yaml_text`."""
    loads = [path.name for path in PYTHON if re.search(r"\byaml\.(load|safe_load|compose)\b", path.read_text())]
    assert loads == ["yaml_text.py"]
    bases = re.findall(r"class \w*Loader\((.*)\):", "".join(path.read_text() for path in PYTHON))
    assert bases and all("SafeLoader" in base for base in bases)


@pytest.mark.parametrize(
    "source",
    ["import pickle", "from pickle import loads", "torch.load(f)", "torch.load(f, weights_only=True)", "np.load(f)",
     "x(allow_pickle=True)", "yaml.unsafe_load(t)", "yaml.load(t)", "yaml.load(t, yaml.Loader)", "eval('1')",
     "AutoModel.from_pretrained(p)", "AutoModel.from_pretrained(p, trust_remote_code=True)",
     "AutoModel.from_pretrained(p, trust_remote_code=asked)", "pandas.read_pickle(p)"],
)  # fmt: skip
def test_each_of_these_would_be_found(source):
    assert faults(source)


def test_java_deserializes_nothing_but_json_and_yaml_without_types():
    found = {path.name: match.group() for path in JAVA if (match := JAVA_SERIALIZATION.search(path.read_text()))}
    assert found == {}
