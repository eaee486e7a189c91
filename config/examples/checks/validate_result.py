"""Validators as studios have them: pyblish InstancePlugins that know nothing of Hotplate."""
import os
import re

import pyblish.api


class ValidateResultName(pyblish.api.InstancePlugin):
    """Names have no blanks and no letters that delivery tools trip over."""

    label = "Result name"
    order = pyblish.api.ValidatorOrder
    families = ["render"]

    def process(self, instance):
        name = os.path.basename(instance.data["path"])
        assert re.match(r"^[A-Za-z0-9._-]+$", name), "the file name %r has characters that delivery refuses" % name


class ValidateEvenSize(pyblish.api.InstancePlugin):
    """Encoders of review movies want even sides."""

    label = "Even size"
    order = pyblish.api.ValidatorOrder + 0.1
    families = ["render"]

    def process(self, instance):
        width, height = instance.data["width"], instance.data["height"]
        if width % 2 or height % 2:
            self.log.warning("%d x %d px: review movies crop a line", width, height)
