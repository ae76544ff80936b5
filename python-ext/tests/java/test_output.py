import logging
import threading

from ballast.java.output import LineWriter, Output


class Sink:
    """Keeps what it gets, and the threads that brought it."""

    def __init__(self):
        self.records, self.threads = [], set()

    def log(self, logger, level, message):
        self.records.append((logger, level, message))
        self.threads.add(threading.get_ident())


def test_lines_come_whole():
    sink = Sink()
    writer = LineWriter(Output(sink), "python.stdout", logging.INFO)
    print("one", 2, file=writer)
    writer.write("a half")
    assert sink.records == [("python.stdout", 20, "one 2")]
    writer.write(" line\nand\n\n")
    writer.write("10 %\r20 %\r100 %\n")
    writer.write("flushed")
    writer.flush()
    writer.flush()
    assert [message for _, _, message in sink.records[1:]] == ["a half line", "and", "100 %", "flushed"]


def test_of_a_progress_bar_the_last_state_is_a_line():
    from tqdm import tqdm

    sink = Sink()
    for _ in tqdm(range(20), desc="converting", file=LineWriter(Output(sink), "python.stderr", 30), mininterval=0):
        pass
    (message,) = [message for _, _, message in sink.records]
    assert message.startswith("converting: 100%") and "20/20" in message


def test_what_other_threads_write_waits_for_the_own_thread():
    sink = Sink()
    output = Output(sink)
    writer = LineWriter(output, "python.stderr", logging.WARNING)
    threads = [
        threading.Thread(target=lambda n=n: [print("line", n, file=writer) for _ in range(50)]) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not sink.records
    output.flush()
    assert sink.threads == {threading.get_ident()}
    assert sorted({message for _, _, message in sink.records}) == [f"line {n}" for n in range(4)], "no line is mixed"
    assert len(sink.records) == 200


def test_what_waits_is_bounded():
    sink = Sink()
    output = Output(sink)
    thread = threading.Thread(target=lambda: [output.write("x", 20, str(n)) for n in range(20_000)])
    thread.start()
    thread.join()
    output.flush()
    assert len(sink.records) == 10_000 and sink.records[-1][2] == "19999"


def test_a_sink_that_logs_itself_does_not_recurse_for_ever():
    class Echo(Sink):
        def log(self, logger, level, message):
            super().log(logger, level, message)
            if len(self.records) < 3:
                output.write("echo", level, message)

    sink = Echo()
    output = Output(sink)
    output.write("x", 20, "once")
    assert [logger for logger, _, _ in sink.records] == ["x", "echo", "echo"]
