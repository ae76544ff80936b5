package io.ballast.study;

import java.util.Collection;

/**
 * A mean over seeds.
 *
 * @param mean      NaN without values
 * @param deviation standard deviation of the values, with n − 1; NaN for fewer than two
 * @param count     how many values
 */
public record Spread(double mean, double deviation, int count) {

    static Spread of(Collection<Double> values) {
        double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
        double squares = values.stream().mapToDouble(value -> (value - mean) * (value - mean)).sum();
        return new Spread(mean, values.size() < 2 ? Double.NaN : Math.sqrt(squares / (values.size() - 1)),
                values.size());
    }
}
