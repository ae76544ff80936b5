from phases import retain, tiny_model


def test_none_holds_nothing_back():
    retention = retain("none", tiny_model())
    assert retention.value() == 0 and retention.strength is None and not retention.acts_on_step
