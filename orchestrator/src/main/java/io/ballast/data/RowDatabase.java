package io.ballast.data;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/**
 * The DuckDB in memory that all files are read through: a new one for each would take 23 ms of a core, a connection takes 1.
 * It is given up after any failure, for one that met an error of its own refuses all that comes after.
 */
final class RowDatabase {
    private static DuckDBConnection shared;

    private RowDatabase() {
    }

    /** A connection of one's own, to be closed. */
    static synchronized Connection connect() throws SQLException {
        if (shared != null) {
            try {
                return shared.duplicate();
            } catch (SQLException broken) {
                giveUp();
            }
        }
        // Without DriverManager, which in a fat jar or a container does not find a driver from every thread.
        shared = (DuckDBConnection) new DuckDBDriver().connect("jdbc:duckdb:", settings());
        return shared.duplicate();
    }

    /** The next connection is to another database; this one lives as long as others read through it. */
    static synchronized void giveUp() {
        DuckDBConnection broken = shared;
        shared = null;
        if (broken != null) {
            try {
                broken.close();
            } catch (SQLException already) {
                return; // it is given up either way
            }
        }
    }

    private static Properties settings() {
        Properties settings = new Properties();
        // Without streaming the whole result is kept in memory.
        settings.setProperty("jdbc_stream_results", "true");
        settings.setProperty("threads", "1");
        // What is needed is in the jar; nothing is fetched from the network.
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        return settings;
    }
}
