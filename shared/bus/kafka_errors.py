"""From the Kafka client's errors to ours."""

from kafka import errors as kafka_errors

FENCED = (
    kafka_errors.ProducerFencedError,
    kafka_errors.InvalidProducerEpochError,
    kafka_errors.TransactionCoordinatorFencedError,
    kafka_errors.FencedInstanceIdError,
)
REFUSED = (
    kafka_errors.AuthorizationError,
    kafka_errors.InvalidTopicError,
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidRecordError,
    kafka_errors.InvalidTimestampError,
    kafka_errors.PolicyViolationError,
)


def is_fencing(error: BaseException) -> bool:
    return _any_in_chain(error, FENCED)


def is_refusal(error: BaseException) -> bool:
    return _any_in_chain(error, REFUSED)


def describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _any_in_chain(
    error: BaseException | None, kinds: tuple[type[kafka_errors.KafkaError], ...]
) -> bool:
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__
    return False
