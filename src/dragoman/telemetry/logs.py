"""interim"""
import sys
from dragoman.relay.trace import Trace
def configure_logs(level: str, secrets: tuple[str, ...]) -> None: ...
class LogObserver:
    def settled(self, trace: Trace) -> None:
        sys.stderr.write(f"{trace}\n")
    def bug(self, message: str, error: BaseException) -> None:
        import traceback; traceback.print_exception(error)
