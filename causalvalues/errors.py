"""Every error and warning the package raises, drawn as one tree.

    CausalValuesError                       exit code
    ├── InputError                          2   the user's table, file or option
    │   ├── TableError                          a table no algorithm may see
    │   │   ├── NotFinite                       missing or infinite scores
    │   │   ├── NotNumeric                      a value column that holds text
    │   │   ├── RepeatedColumn                  one name, two columns
    │   │   ├── ConstantColumn                  a value that never varies
    │   │   ├── DuplicateColumn                 two columns with the same scores
    │   │   ├── DependentColumns                one column is a sum of others
    │   │   │   └── RowCentred                  every row has the same sum
    │   │   ├── TooFewRows                      one row, or fewer than the columns need
    │   │   └── BadClusters                     clusters that cannot be resampled
    │   ├── FileError                           a file that is absent, damaged or foreign
    │   ├── OptionError                         an option outside its range, or two that clash
    │   ├── OutOfReach                          a gain that no plan reaches
    │   ├── GraphError                          marks that do not form a graph
    │   ├── KnowledgeError                      background knowledge that contradicts itself
    │   ├── SaeError                            a sparse autoencoder that does not fit the model
    │   │   ├── WrongHook                           it reads another place of the model
    │   │   ├── WrongWidth                          its residual has another width
    │   │   └── WrongModel                          it was trained on another model
    │   └── ServerError                         a server of models that does not answer
    │       ├── ServerAbsent                        nothing listens, or it went away
    │       ├── ServerBusy                          too many requests, or too slow
    │       ├── AccessRefused                       a key is missing or not accepted
    │       ├── UnknownModel                        a model that the server does not offer
    │       ├── RequestRefused                      a request that the server will not answer
    │       ├── UnreadableAnswer                    an answer in another format
    │       └── NoLogProbabilities                  answers without log-probabilities
    ├── Interrupted                         130 stopped by the user; what was finished is kept
    ├── WorkFailed                          1   work that many workers tried, and gave up
    └── Fault                               1   a result that breaks a promise of this package
        ├── KnowledgeIgnored                    an algorithm returned what knowledge forbids
        └── HookNeverFired                      an edit that missed tokens it is meant for

    CausalValuesWarning
    ├── NearConstantColumn                  almost no variance: edges here are fragile
    ├── NearDuplicateColumn                 two columns correlate above .99
    ├── FewRows                             fewer than ten rows per value
    ├── OneCluster                          all rows share a cluster: resampling by cluster is off
    ├── DependentRows                       rows repeat within clusters: tests assume they do not
    ├── CyclicGraph                         the marks hold a directed cycle
    └── CoarseAnswers                       options so unlikely that a server gave only a bound

A message says what was expected, what was found and what to do, in that order.
"""

__all__ = [
    "AccessRefused",
    "BadClusters",
    "CausalValuesError",
    "CausalValuesWarning",
    "CoarseAnswers",
    "ConstantColumn",
    "CyclicGraph",
    "DependentColumns",
    "DependentRows",
    "DuplicateColumn",
    "Fault",
    "FewRows",
    "FileError",
    "GraphError",
    "HookNeverFired",
    "InputError",
    "Interrupted",
    "KnowledgeError",
    "KnowledgeIgnored",
    "NearConstantColumn",
    "NearDuplicateColumn",
    "NoLogProbabilities",
    "NotFinite",
    "NotNumeric",
    "OneCluster",
    "OptionError",
    "OutOfReach",
    "PromptTooLong",
    "RepeatedColumn",
    "RequestRefused",
    "RowCentred",
    "SaeError",
    "ServerAbsent",
    "ServerBusy",
    "ServerError",
    "TableError",
    "TooFewRows",
    "UnknownArchitecture",
    "UnknownModel",
    "UnreadableAnswer",
    "WorkFailed",
    "WrongHook",
    "WrongModel",
    "WrongWidth",
    "was_interrupted",
]


class CausalValuesError(Exception):
    """The root: says what was expected, what was found, and what to do."""

    exit_code = 1

    def __init__(self, expected: str, *, found: str = "", remedy: str = "") -> None:
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__(expected, found, remedy)

    def __str__(self) -> str:
        sentences = [self.expected]
        if self.found:
            sentences.append(f"Found: {self.found}")
        if self.remedy:
            sentences.append(f"What to do: {self.remedy}")
        return " ".join(s.rstrip(".") + "." for s in sentences)


class InputError(CausalValuesError):
    """The user's input cannot be used as it is."""

    exit_code = 2


class TableError(InputError):
    """A table of scores that no algorithm may see."""


class NotFinite(TableError):
    """Scores are missing or infinite."""


class NotNumeric(TableError):
    """A value column holds something other than numbers."""


class RepeatedColumn(TableError):
    """Two columns carry one name."""


class ConstantColumn(TableError):
    """A value never varies."""


class DuplicateColumn(TableError):
    """Two columns hold the same scores."""


class DependentColumns(TableError):
    """One column is a linear combination of others."""


class RowCentred(DependentColumns):
    """Every row has the same sum, as after subtracting a row's mean."""


class TooFewRows(TableError):
    """Fewer rows than the estimate needs."""


class BadClusters(TableError):
    """Clusters that cannot be resampled."""


class FileError(InputError):
    """A file that is absent, damaged or of another kind."""


class OptionError(InputError):
    """An option outside its range, or two options that clash."""


class OutOfReach(InputError):
    """A gain that no combination of candidates reaches."""


class UnknownArchitecture(InputError):
    """A model whose parts cannot be found, or do not do what answers rely on."""


class PromptTooLong(InputError):
    """A prompt longer than the model's context, or than the memory holds."""


class GraphError(InputError):
    """Marks, names or numbers that do not form a value graph."""


class KnowledgeError(InputError):
    """Background knowledge that contradicts itself or names unknown values."""


class SaeError(InputError):
    """A sparse autoencoder that does not fit the model, or what is asked of it."""


class WrongHook(SaeError):
    """A sparse autoencoder reads another place of the model."""


class WrongWidth(SaeError):
    """A sparse autoencoder's residual has another width."""


class WrongModel(SaeError):
    """A sparse autoencoder was trained on another model."""


class ServerError(InputError):
    """A server of models does not answer as it should."""


class ServerAbsent(ServerError):
    """Nothing listens at an address, or it went away."""


class ServerBusy(ServerError):
    """The server takes no more requests, or takes too long."""


class AccessRefused(ServerError):
    """A key is missing or not accepted."""


class UnknownModel(ServerError):
    """The server does not offer this model."""


class RequestRefused(ServerError):
    """The server will not answer a request."""


class UnreadableAnswer(ServerError):
    """The answer has another format."""


class NoLogProbabilities(ServerError):
    """The server does not say how likely its words were."""


class Interrupted(CausalValuesError):
    """Stopped by the user; what was finished is kept."""

    exit_code = 130


class WorkFailed(CausalValuesError):
    """Work that was shared between workers was tried and given up; what was done is kept."""


class Fault(CausalValuesError):
    """A result that breaks a promise of this package."""


class KnowledgeIgnored(Fault):
    """An algorithm returned a graph that background knowledge forbids."""


class HookNeverFired(Fault):
    """An edit did not reach every token that it is meant for."""


class CausalValuesWarning(UserWarning):
    """The root of every warning."""


class NearConstantColumn(CausalValuesWarning):
    """A value hardly varies."""


class NearDuplicateColumn(CausalValuesWarning):
    """Two values are almost the same column."""


class FewRows(CausalValuesWarning):
    """Few rows for so many values."""


class OneCluster(CausalValuesWarning):
    """All rows share one cluster."""


class DependentRows(CausalValuesWarning):
    """Rows repeat within clusters, so a test counts evidence twice."""


class CyclicGraph(CausalValuesWarning):
    """The marks hold a directed cycle."""


class CoarseAnswers(CausalValuesWarning):
    """Options so unlikely that a server gave only a bound, yet the bound may matter."""


def was_interrupted(fault: BaseException) -> bool:
    """Return whether a fault is Ctrl-C, or what compiled code makes of it while it runs."""
    return isinstance(fault, KeyboardInterrupt) or (
        isinstance(fault, SystemError) and isinstance(fault.__cause__, KeyboardInterrupt)
    )
