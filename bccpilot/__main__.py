"""`python -m bccpilot`, and what bin/bccpilot starts by its path in an isolated Python that knows nothing but the standard library (-I -S)."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


class Installed:
    """The last finder: the first package that isn't found makes those known that are installed, which takes as long as a plan does."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> "ModuleSpec | None":
        if path is not None:
            return None
        sys.meta_path.remove(self)
        import site
        from importlib.machinery import PathFinder

        site.main()
        return PathFinder.find_spec(name)


if sys.flags.no_site:
    sys.path.append(__file__.rsplit("/", 2)[0])
    sys.meta_path.append(Installed())

if __name__ == "__main__":
    import gc

    gc.set_threshold(50_000)  # a plan makes many values and no cycles: looking for some at each 700th takes a thirtieth of its time
    from bccpilot.cli import script

    script()
