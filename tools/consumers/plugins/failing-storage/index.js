throw new Error("the native part is not for this machine");
