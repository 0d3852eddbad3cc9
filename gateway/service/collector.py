"""What Python's garbage collector walks through: not what stands as long as the process does.

Now and then it looks at every object that there is, and nobody is answered meanwhile. Modules, tables and
the compiled contract are 70,000 objects, 50 ms for one look, and none of them ever becomes garbage. So
once a gateway is put together they are set aside (`gc.freeze`), and a look at everything is a look at what
connections and requests have made since. No threshold is changed.
"""

from __future__ import annotations

import gc


def set_aside() -> None:
    """Clear up what the start has left, and let later collections pass over what remains."""
    gc.collect()
    gc.freeze()
