package io.ballast.python;

import jep.ClassEnquirer;

/**
 * No name that Python imports is a Java package. Else Jep makes modules of {@code org} and the like, and PyTorch's compiler,
 * which asks every imported module for some attributes, gets an ImportError from them.
 */
final class NoJavaPackages implements ClassEnquirer {
    private static final String[] NONE = {};

    @Override
    public boolean isJavaPackage(String name) {
        return false;
    }

    @Override
    public String[] getClassNames(String name) {
        return NONE;
    }

    @Override
    public String[] getSubPackages(String name) {
        return NONE;
    }
}
