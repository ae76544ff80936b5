// Every code of the header that a caller can provoke: the call is refused and nothing is written.
#include <cstdint>
#include <string>

#include "adamw_fixture.h"
#include "check.h"

namespace {

using ballast_test::Adamw;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A call that would succeed, with every argument within a test's reach.
struct Call {
    std::int64_t size = 2;
    float values[5][2] = {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}};
    float *pointers[5] = {values[0], values[1], values[2], values[3], values[4]};
    ballast_adamw_tensors tensors{1, &size, &pointers[0], &pointers[1], &pointers[2], &pointers[3]};
    float *const *omegas = &pointers[4];
    ballast_adamw_settings settings{1, 1e-3, 0.9, 0.999, 1e-8, 0.01};
    float clip = 1;
    std::int32_t gate = 0;

    std::int32_t run(std::int32_t abi_version = BALLAST_ABI_VERSION, std::int32_t threads = 1) {
        return ballast_adamw_path_integral(abi_version, &tensors, omegas, &settings, &clip, &gate, threads);
    }
    bool untouched() const { return values[0][0] == 1 && values[2][1] == 6 && values[4][1] == 10; }
};

void expect_refused(Call &call, std::int32_t code) {
    CHECK(call.run() == code);
    CHECK(call.untouched());
}

void another_abi_version_is_refused() {
    Call call;
    CHECK(call.run(BALLAST_ABI_VERSION + 1) == BALLAST_ERROR_ABI_VERSION);
    CHECK(call.run(0) == BALLAST_ERROR_ABI_VERSION);
    CHECK(call.untouched());
    CHECK(ballast_abi_version() == BALLAST_ABI_VERSION);
}

void null_arguments_are_refused() {
    Call c;
    const auto version = BALLAST_ABI_VERSION;
    const auto code = BALLAST_ERROR_NULL_POINTER;
    CHECK(ballast_adamw_path_integral(version, nullptr, c.omegas, &c.settings, &c.clip, &c.gate, 1) == code);
    CHECK(ballast_adamw_path_integral(version, &c.tensors, c.omegas, nullptr, &c.clip, &c.gate, 1) == code);
    CHECK(ballast_adamw_path_integral(version, &c.tensors, c.omegas, &c.settings, nullptr, &c.gate, 1) == code);
    CHECK(ballast_adamw_path_integral(version, &c.tensors, c.omegas, &c.settings, &c.clip, nullptr, 1) == code);
    CHECK(c.untouched());
}

void null_arrays_and_null_tensors_are_refused() {
    for (int role = 0; role < 5; ++role) {
        Call call;
        call.pointers[role] = nullptr;
        expect_refused(call, BALLAST_ERROR_NULL_POINTER);
    }
    Call sizes;
    sizes.tensors.sizes = nullptr;
    expect_refused(sizes, BALLAST_ERROR_NULL_POINTER);
    Call omegas;
    omegas.omegas = nullptr;
    expect_refused(omegas, BALLAST_ERROR_NULL_POINTER);
}

void tensors_without_elements_need_no_pointer() {
    Call empty;
    empty.size = 0;
    empty.pointers[0] = nullptr;
    CHECK(empty.run() == BALLAST_OK);
    Call none;
    none.tensors = {};
    none.omegas = nullptr;
    CHECK(none.run() == BALLAST_OK);
}

void negative_and_overflowing_sizes_are_refused() {
    Call negative;
    negative.size = -1;
    expect_refused(negative, BALLAST_ERROR_SIZE);
    Call count;
    count.tensors.count = -1;
    expect_refused(count, BALLAST_ERROR_SIZE);

    Call call;
    const std::int64_t huge[] = {std::numeric_limits<std::int64_t>::max(), 1};
    float *twice[] = {call.values[0], call.values[0]};
    call.tensors = {2, huge, twice, twice, twice, twice};
    call.omegas = twice;
    expect_refused(call, BALLAST_ERROR_SIZE);
}

void settings_out_of_range_are_refused() {
    const ballast_adamw_settings good{1, 1e-3, 0.9, 0.999, 1e-8, 0.01};
    for (const double bad : {-1e-3, kNan, kInfinity}) {
        for (const auto field : {&ballast_adamw_settings::learning_rate, &ballast_adamw_settings::eps,
                                 &ballast_adamw_settings::weight_decay, &ballast_adamw_settings::beta1,
                                 &ballast_adamw_settings::beta2}) {
            Call call;
            call.settings = good;
            call.settings.*field = bad;
            expect_refused(call, BALLAST_ERROR_SETTING);
        }
    }
    Call beta;
    beta.settings.beta2 = 1;
    expect_refused(beta, BALLAST_ERROR_SETTING);
    Call step;
    step.settings.step = 0;
    expect_refused(step, BALLAST_ERROR_SETTING);
}

void fewer_than_one_thread_is_refused() {
    Call call;
    CHECK(call.run(BALLAST_ABI_VERSION, 0) == BALLAST_ERROR_THREADS);
    CHECK(call.run(BALLAST_ABI_VERSION, -2) == BALLAST_ERROR_THREADS);
    CHECK(call.untouched());
}

void every_code_has_a_message_of_its_own_and_unknown_codes_say_so() {
    const std::string unknown = ballast_message(BALLAST_ERROR_TYPE + 1);
    CHECK(unknown.find("not know") != std::string::npos);
    CHECK(unknown == ballast_message(-1));
    for (std::int32_t one = BALLAST_OK; one <= BALLAST_ERROR_TYPE; ++one) {
        CHECK(ballast_message(one) != unknown);
        for (std::int32_t other = BALLAST_OK; other < one; ++other) {
            CHECK(std::string(ballast_message(one)) != ballast_message(other));
        }
    }
}

}  // namespace

int main() {
    RUN(another_abi_version_is_refused);
    RUN(null_arguments_are_refused);
    RUN(null_arrays_and_null_tensors_are_refused);
    RUN(tensors_without_elements_need_no_pointer);
    RUN(negative_and_overflowing_sizes_are_refused);
    RUN(settings_out_of_range_are_refused);
    RUN(fewer_than_one_thread_is_refused);
    RUN(every_code_has_a_message_of_its_own_and_unknown_codes_say_so);
}
