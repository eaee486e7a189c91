"""Runs pyblish InstancePlugins over one result of Hotplate: a check of mode `serve` (docs/plugins.md).

    python3 pyblish_bridge.py FAMILY VALIDATORS.py...

Each frame becomes an instance of FAMILY, whose data holds everything that Hotplate says of the frame: path, frame, width, height,
channels, bitDepth, plate, mask, limits, and `hotplate`, the whole question. A validator that raises AssertionError, or an error whose
class is called ...ValidationError, has found something: fail. Warnings that it logs: warn. Any other exception: error, for then nobody
has looked.
"""
import importlib.util
import json
import logging
import os
import sys

# The plugin folder is not written to.
sys.dont_write_bytecode = True
# Validators print; the answers need standard output for themselves.
ANSWERS = sys.stdout
sys.stdout = sys.stderr

try:
    import pyblish.api
    import pyblish.logic
    import pyblish.plugin
except ImportError as absent:
    sys.exit("pyblish-base is not installed for %s (%s): pip install pyblish-base" % (sys.executable, absent))


def plugins_of(paths, family):
    plugins = []
    for path in paths:
        name = os.path.splitext(os.path.basename(path))[0]
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        plugins += pyblish.plugin.plugins_from_module(module)
    instances = [plugin for plugin in plugins if issubclass(plugin, pyblish.api.InstancePlugin)]
    return sorted(pyblish.logic.plugins_by_family(instances, family), key=lambda plugin: plugin.order)


def instance_of(asked, family):
    context = pyblish.api.Context()
    name = os.path.basename(asked["result"]["path"])
    instance = context.create_instance(name, family=family, families=[family])
    result = asked["result"]
    for key in ("path", "bytes", "width", "height", "channels", "bitDepth", "sampleType"):
        instance.data[key] = result[key]
    instance.data["frame"] = asked["frame"]
    instance.data["plate"] = (asked["plate"] or {}).get("path")
    instance.data["mask"] = (asked["mask"] or {}).get("path")
    instance.data["limits"] = asked["limits"]
    instance.data["hotplate"] = asked
    return context, instance


def found_something(error):
    return isinstance(error, AssertionError) or type(error).__name__.endswith("ValidationError")


def look(asked, plugins, family):
    context, instance = instance_of(asked, family)
    violations, warnings, broken = [], [], []
    for plugin in plugins:
        outcome = pyblish.plugin.process(plugin, context, instance)
        label = getattr(plugin, "label", None) or plugin.__name__
        error = outcome["error"]
        if error is not None:
            (violations if found_something(error) else broken).append("%s: %s" % (label, error))
        for record in outcome["records"]:
            if logging.WARNING <= record.levelno < logging.CRITICAL and error is None:
                warnings.append("%s: %s" % (label, record.getMessage()))
    if broken:
        return {"verdict": "error", "measures": [], "message": "A validator broke: %s" % "; ".join(broken)}
    limit = asked["limits"]["violationsMax"]
    measures = [
        {"name": "violations", "value": len(violations), "unit": "count", "limit": limit, "must": "atMost"},
        {"name": "warnings", "value": len(warnings), "unit": "count", "limit": None},
        {"name": "validators", "value": len(plugins), "unit": "count", "limit": 1, "must": "atLeast"},
    ]
    if len(violations) > limit:
        return {"verdict": "fail", "measures": measures, "message": "; ".join(violations)}
    if violations or warnings:
        return {"verdict": "warn", "measures": measures, "message": "; ".join(violations + warnings)}
    return {"verdict": "pass", "measures": measures, "message": "%d validators found nothing." % len(plugins)}


def main():
    family, paths = sys.argv[1], sys.argv[2:]
    plugins = plugins_of(paths, family)
    if not plugins:
        sys.exit("no InstancePlugin for family %s in %s" % (family, ", ".join(paths)))
    for line in sys.stdin:
        try:
            answer = look(json.loads(line), plugins, family)
        except Exception as error:  # an answer for every question: the frame is held, and the reason is told
            answer = {"verdict": "error", "measures": [], "message": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main()
